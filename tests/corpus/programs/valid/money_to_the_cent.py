# %%
from decimal import Decimal, ROUND_HALF_UP

order = await get_order('ORD-1004')
cent = Decimal('0.01')
shares = [(order['total'] / 7).quantize(cent, rounding=ROUND_HALF_UP)] * 7
print(shares[0], sum(shares))
# %%
diff = order['total'] - sum(shares)
shares[-1] += diff
assert sum(shares) == order['total']
# %%
vat = {}
for line in order['lines']:
    net = line['unit_price'] * line['quantity'] / Decimal('1.25')
    vat[line['sku']] = (line['unit_price'] * line['quantity'] - net).quantize(cent)
biggest = max(vat.values())
{'diff': diff, 'last': shares[-1], 'vat': vat, 'biggest': f'{biggest:>8}', 'float': float(biggest)}
