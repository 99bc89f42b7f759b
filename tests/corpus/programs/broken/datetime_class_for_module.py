# expect: unknown-attribute
# names: timedelta
# %%
from datetime import datetime
orders = await list_orders()
newest = max(o['placed_at'] for o in orders)
# %%
# restore
await notify('#orders', 'last week')
week_ago = newest - datetime.timedelta(days=7)
[o['id'] for o in orders if o['placed_at'] > week_ago]
