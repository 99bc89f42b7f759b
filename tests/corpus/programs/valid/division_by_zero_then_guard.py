# %%
levels = {p['sku']: sum((await stock(p['sku'])).values()) for p in await list_products()}
levels
# %%
# raises: ZeroDivisionError
orders = await list_orders()
sold = {}
for o in orders:
    for line in o['lines']:
        sold[line['sku']] = sold.get(line['sku'], 0) + line['quantity']
cover = {}
for sku, n in sold.items():
    cover[sku] = n / levels[sku]
avg_cover = sum(cover.values()) / len(cover)
# %%
print('failed at', sku, 'after', sorted(cover))
cover = {s: (n / levels[s] if levels[s] else None) for s, n in sold.items()}
known = [c for c in cover.values() if c is not None]
# %%
# restore
avg_cover = round(sum(known) / len(known), 3)
{'avg': avg_cover, 'no stock': [s for s, c in cover.items() if c is None], 'sold': sold}
