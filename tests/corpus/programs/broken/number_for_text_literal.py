# expect: wrong-type
# names: order_id
# %%
await notify('#support', 'checking the order')
order = await get_order(1002)
order['status']
