# %%
customer = {'name': 'Dana', 'street': 'Lia 4', 'city': 'Oslo', 'zip': '0881', 'phone': '555-0100'}
standard = await quote_shipping(customer, 1.0)
# %%
line = {'sku': 'PAN-2', 'quantity': 1, 'note': 'gift'}
dana = (await find_people('Dana'))[0]
receipt = await place_order(customer_id=dana['id'], lines=[line], ship_to=customer, note=line['note'])
receipt['total']
# %%
receipt | {'shipping': standard['cost']}
