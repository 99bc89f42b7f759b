# expect: wrong-type
# names: order_id
# %%
await notify('#orders', 'one moment')
order = await get_order({'id': 'ORD-1002'})
order['total']
