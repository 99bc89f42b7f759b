# expect: cannot-wait
# names: [x for x in cities if await is_known(x)]
# passes: a coroutine is always true, so that every city counts as known
# %%
async def is_known(city):
    return await coordinates(city) is not None

cities = ['Oslo', 'Atlantis']
# %%
# restore
await notify('#dev', 'cities')
list(filter(is_known, cities))
