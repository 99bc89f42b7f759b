# %%
products = await list_products()
print(type(products), len(products))
print(products[0].keys())
print(products[2])
# %%
print([p['sku'] for p in products])
print('tags:', type(products[0]['tags']).__name__, sorted(products[0]['tags']))
print('price:', repr(products[0]['price']))
# %%
kitchen = [p for p in products if p['category'] == 'kitchen' and not p['discontinued']]
print(f'{len(kitchen)=}')
total = sum(p['price'] for p in kitchen)
print('total', total, '->', float(total))
total
