# %%
totals = {}
for o in await list_orders():
    month = o['placed_at'].strftime('%Y-%m')
    totals.setdefault(month, 0)
    totals[month] += o['total']
totals
# %%
grand = 0
for month in sorted(totals):
    grand += totals[month]
    print(month, grand)
# %%
from itertools import accumulate
running = list(accumulate(totals[m] for m in sorted(totals)))
grand -= running[0]
grand /= 2
grand //= 1
grand
