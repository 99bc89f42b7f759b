# %%
import asyncio
jobs = [get_issue(n) for n in (101, 103)]
titles = [i['title'] for i in await asyncio.gather(*jobs)]
titles
# %%
people = await find_people(team='platform')
days = await asyncio.gather(*[calendar(p['email'], '2026-09-07') for p in people])
[len(d) for d in days]
# %%
busy, rate = await asyncio.gather(calendar('dana@shop.example', '2026-09-07'), exchange_rate('EUR', 'USD'))
busy[0]['room'], rate, (await get_person(people[1]['manager_id']))['name']
