# %%
from datetime import date, datetime, timedelta
today = date(2026, 9, 8)
orders = await list_orders(since=datetime(2026, 9, 1))
ages = {o['id']: (today - o['placed_at'].date()).days for o in orders}
ages
# %%
week = [today - timedelta(days=n) for n in range(7)]
counts = {d.isoformat(): sum(o['placed_at'].date() == d for o in orders) for d in week}
print(counts)
# %%
old = [oid for oid, age in ages.items() if age > 5]
{'old': old, 'busiest': max(counts, key=lambda d: counts[d]), 'monday': week[0].strftime('%A %d %B')}
