# expect: wrong-type
# names: 'cancelled'
# %%
from datetime import datetime
start = datetime(2026, 8, 1)
# %%
# restore
await notify('#finance', 'cancelled orders follow')
orders = await list_orders(status='canceled', since=start)
sum(o['total'] for o in orders)
