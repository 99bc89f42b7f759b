# %%
import asyncio
pending = []
for city in ('Oslo', 'Nairobi'):
    pending.append(get_weather(city))
pending.append(forecast('Lisbon', days=1))
got = await asyncio.gather(*pending)
len(got)
# %%
first = got[0]
temps = [g['temp_c'] if isinstance(g, dict) else g[0]['temp_c'] for g in got]
# %%
jobs = {n: get_issue(n) for n in (101, 103)}
done = {n: await job for n, job in jobs.items()}
[temps, first['rain_mm'], {n: d['linked'] for n, d in done.items()}]
