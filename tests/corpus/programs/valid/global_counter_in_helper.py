# %%
calls = 0
seen = []

async def counted(city):
    global calls
    calls += 1
    seen.append(city)
    return (await get_weather(city))['temp_c']

await counted('Oslo')
# %%
temps = [await counted(c) for c in ['Lisbon', 'Oslo', 'Nairobi']]
print(calls, seen)
# %%
# restore
def reset():
    global calls, seen
    calls, seen = 0, []

before = calls
reset()
t = await counted('Lisbon')
(before, calls, seen, t, len(temps))
