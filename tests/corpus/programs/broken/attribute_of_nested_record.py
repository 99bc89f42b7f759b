# expect: unknown-attribute
# names: ['wind']
# %%
today = await get_weather('Oslo')
await notify('#weather', today['conditions'])
today.wind['speed_kmh'] > 15
