# expect: unknown-module | unsupported-import
# names: dateutil
# %%
orders = await list_orders(status='paid')
# %%
# restore
await notify('#orders', 'next month')
from dateutil.relativedelta import relativedelta
[o['placed_at'] + relativedelta(months=1) for o in orders]
