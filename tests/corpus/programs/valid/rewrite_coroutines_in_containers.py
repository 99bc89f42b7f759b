# %%
ids = ['ORD-1002', 'ORD-1005']
orders = [get_order(i) for i in ids]
total = sum(o['total'] for o in orders)
total
# %%
weather = {'Oslo': get_weather('Oslo'), 'Lisbon': get_weather('Lisbon')}
for city, w in weather.items():
    print(city, w['temp_c'])
# %%
# restore
pairs = [(sku, stock(sku)) for sku in ('KET-1', 'PAN-2')]
counts = {sku: sum(levels.values()) for sku, levels in pairs}
[counts, total]
