# %%
try:
    cache
except NameError:
    cache = {}
cache['Oslo'] = (await get_weather('Oslo'))['temp_c']
len(cache)
# %%
try:
    print(len(cache), 'cached', last_city)
except NameError as e:
    print('no last city yet')
    last_city = 'Oslo'
# %%
# restore
try:
    cache
except NameError:
    cache = {}
if 'Lisbon' not in cache:
    cache['Lisbon'] = (await get_weather('Lisbon'))['temp_c']
cache
