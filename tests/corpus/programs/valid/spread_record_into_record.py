# %%
base = {'city': 'Bergen', 'zip': '5003'}
home = {**base, 'street': 'Bryggen 2'}
work = {**base, 'street': 'Torget 5', 'country': 'NO'}
quotes = [await quote_shipping(a, 1.0) for a in (home, work)]
[q['cost'] for q in quotes]
# %%
product = (await list_products('kitchen'))[0]
product = {**product, 'in_stock': sum((await stock(product['sku'])).values())}
product['in_stock']
# %%
cheaper = {**product, 'price': product['price'] / 2, 'note': None}
changed = sorted(k for k in cheaper if product.get(k, 'missing') != cheaper[k])
{'changed': changed, 'price': str(cheaper['price'])}
