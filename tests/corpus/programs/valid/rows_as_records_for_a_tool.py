# %%
wanted = [('KET-1', 1), ('PAN-2', 2)]
lines = [dict(zip(('sku', 'quantity'), w)) for w in wanted]
address = dict(street='Nygata 7', city='Bergen', zip='5017')
ada = (await find_people('ada'))[0]
# %%
order = {'customer_id': ada['id'], 'lines': lines, 'ship_to': address}
receipt = await place_order(**order)
bigger = await place_order(**{**order, 'lines': lines + [{'sku': 'LMP-4', 'quantity': 1}], 'note': 'plus lamp'})
# %%
# restore
lines[0] |= {'quantity': 5}
third = await place_order(ada['id'], lines, ship_to=address | {'zip': '5018'})
[receipt['total'], bigger['total'], third['total'], third['ship_by']]
