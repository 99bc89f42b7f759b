# expect: unknown-name
# names: get_order
# %%
held = await reserve('PAN-2', 1)
order = await getOrder('ORD-1002')
order['total']
