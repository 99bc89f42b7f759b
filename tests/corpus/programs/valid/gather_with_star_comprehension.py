# %%
import asyncio
cities = ['Oslo', 'Lisbon', 'Nairobi']
weathers = await asyncio.gather(*[get_weather(c) for c in cities])
{w['city']: w['temp_c'] for w in weathers}
# %%
forecasts = await asyncio.gather(*(forecast(c, 2) for c in cities))
flat = [day for f in forecasts for day in f]
print(len(flat))
# %%
coords = dict(zip(cities, await asyncio.gather(*[coordinates(c) for c in cities])))
warmest = max(flat, key=lambda day: day['temp_c'])
[warmest['city'], warmest['day'], coords[warmest['city']]]
