# expect: unknown-name
# names: OrderStatus
# %%
seen = [o['id'] for o in await list_orders()]
# %%
await notify('#orders', f'{len(seen)} so far')
open_orders = await list_orders(status=OrderStatus.pending)
len(open_orders)
