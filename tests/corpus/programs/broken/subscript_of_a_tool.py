# expect: not-a-tool
# names: list_orders
# %%
wanted = 'ORD-1003'
# %%
# restore
await notify('#orders', wanted)
order = list_orders[wanted]
order['status']
