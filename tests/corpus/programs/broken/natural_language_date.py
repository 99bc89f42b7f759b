# expect: wrong-type
# names: day
# %%
city = 'Lisbon'
# %%
await notify('#trips', f'weather for {city}')
w = await get_weather(city, 'tomorrow')
w['conditions']
