# expect: unknown-name
# names: total_weight
# %%
products = await list_products()
total_weight = sum(p['weight_kg'] for p in products)
address = {'street': 'Havnegata 1', 'city': 'Oslo', 'zip': '0150'}
# %%
# restore
await notify('#logistics', 'one big parcel')
await quote_shipping(address, totalweight)
