# expect: unknown-key
# names: unit_price
# %%
await notify('#orders', 'checking the sum')
order = await get_order('ORD-1004')
expected = sum(line['price'] * line['quantity'] for line in order['lines'])
expected == order['total']
