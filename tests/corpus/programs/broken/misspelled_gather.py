# expect: unknown-attribute
# names: gather
# %%
import asyncio
await notify('#weather', 'two cities')
a, b = await asyncio.gater(get_weather('Oslo'), get_weather('Lisbon'))
a['temp_c'] - b['temp_c']
