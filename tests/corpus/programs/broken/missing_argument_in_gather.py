# expect: missing-argument
# names: day
# %%
import asyncio
from datetime import date
people = await find_people(team='platform')
# %%
# restore
await notify('#platform', 'looking for a free slot')
days = await asyncio.gather(*[calendar(p['email']) for p in people])
sum(len(d) for d in days)
