# expect: missing-key | unknown-key
# names: zip
# %%
products = await list_products('office')
# %%
# restore
await reserve('KET-1', 1)
q = await quote_shipping({'street': 'Gata 1', 'city': 'Oslo', 'zipcode': '0150'}, products[0]['weight_kg'])
q['arrives']
