# %%
from datetime import datetime, timedelta, timezone

oslo = timezone(timedelta(hours=2))
ds = await deploys('api')
local = [d['at'].astimezone(oslo).strftime('%d.%m. %H:%M') for d in ds]
print(local)
# %%
gaps = [b['at'] - a['at'] for a, b in zip(ds, ds[1:])]
mean = sum(gaps, timedelta()) / len(gaps)
slow = [d['version'] for d in ds if d['took'] > timedelta(minutes=5)]
# %%
now = datetime(2026, 9, 8, 12, 0, tzinfo=timezone.utc)
since = now - ds[-1]['at']
{
    'mean hours': mean.total_seconds() / 3600,
    'slow': slow,
    'since': f'{since.days}d {since.seconds // 3600}h',
    'iso': ds[0]['at'].isoformat(),
}
