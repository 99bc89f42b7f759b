# expect: wrong-type
# names: address
# %%
products = await list_products('garden')
weight = sum(p['weight_kg'] for p in products)
# %%
await notify('#logistics', f'{weight} kg')
quote = await quote_shipping('Storgata 1, 0155 Oslo', weight)
quote['cost']
