# %%
people = await find_people('dana')
dana = people[0]
address = {'street': 'Karl Johans gate 1', 'city': 'Oslo', 'zip': '0154'}
quote = await quote_shipping(address, 2.5)
quote
# %%
# she lives abroad now
address['country'] = 'SE'
address['city'] = 'Malmo'
express = await quote_shipping(address=address, weight_kg=2.5, express=True)
print(express['carrier'], express['cost'])
# %%
lines = []
for sku in ('KET-1', 'MUG-5'):
    lines.append({'sku': sku, 'quantity': 2})
receipt = await place_order(dana['id'], lines, address)
{'receipt': receipt, 'quote': quote['cost'], 'express': express['arrives']}
