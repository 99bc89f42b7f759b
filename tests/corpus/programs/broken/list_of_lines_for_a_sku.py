# expect: wrong-type
# names: sku
# %%
order = await get_order('ORD-1004')
# %%
# restore
await notify('#stock', 'checking order ORD-1004')
levels = await stock(order['lines'])
levels
