# expect: duplicate-argument
# names: city
# %%
await notify('#trips', 'Oslo it is')
w = await get_weather('Oslo', city='Lisbon')
w['temp_c']
