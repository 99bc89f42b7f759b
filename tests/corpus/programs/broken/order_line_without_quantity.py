# expect: missing-key
# names: quantity
# %%
bo = (await find_people('bo'))[0]
# %%
await notify('#orders', 'new order')
address = {'street': 'Lia 4', 'city': 'Oslo', 'zip': '0881'}
await place_order(customer_id=bo['id'], lines=[{'sku': 'PAN-2'}], ship_to=address)
