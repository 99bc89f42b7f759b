# expect: unknown-attribute | unknown-name | unknown-module | unsupported-import
# names: timedelta
# %%
orders = await list_orders()
# %%
# restore
await notify('#orders', f'{len(orders)} orders')
from datetime import date, time_delta
cutoff = date(2026, 9, 8) - time_delta(days=3)
[o['id'] for o in orders if o['placed_at'].date() > cutoff]
