# expect: too-many-arguments
# names: get_order
# %%
await notify('#orders', 'comparing')
both = await get_order('ORD-1001', 'ORD-1002')
both[0]['total'] - both[1]['total']
