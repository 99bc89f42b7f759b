# expect: not-awaited
# names: await
# %%
cities = ['Oslo', 'Lisbon']
# %%
# restore
await notify('#weather', 'two cities')
def temperatures(cities):
    return [w['temp_c'] for w in map(get_weather, cities)]
temperatures(cities)
