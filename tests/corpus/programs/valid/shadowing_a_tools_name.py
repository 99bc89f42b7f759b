# %%
deploys = await deploys()
print(f'{len(deploys)} deploys')
# %%
by_service = {}
for d in deploys:
    by_service.setdefault(d['service'], []).append(d['took'])
# %%
# restore
from datetime import timedelta
forecast = await forecast('Oslo', 2)
slowest = max(deploys, key=lambda d: d['took'])
{
    'slowest': (slowest['service'], slowest['took']),
    'total': {s: sum(t, timedelta()) for s, t in by_service.items()},
    'rain': [day['rain_mm'] for day in forecast],
}
