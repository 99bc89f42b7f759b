# expect: wrong-type
# names: lines
# %%
home = {'street': 'Lia 4', 'city': 'Oslo', 'zip': '0881'}
bo = (await find_people('bo'))[0]
# %%
# restore
await reserve('MUG-5', 0)
receipt = await place_order(bo['id'], ['KET-1', 'MUG-5'], ship_to=home)
receipt['order_id']
