# expect: unknown-argument
# names: start
# %%
cities = ['Oslo', 'Lisbon']
# %%
# restore
from datetime import date

async def rainy(city):
    days = await forecast(city, days=2, begin=date(2026, 9, 10))
    return any(d['conditions'] == 'rain' for d in days)

record_metric('cities', len(cities))
[c for c in cities if await rainy(c)]
