# %%
checks = {
    'stock': lambda p, levels: sum(levels.values()) > 0,
    'price': lambda p, levels: p['price'] >= 10,
    'alive': lambda p, levels: not p['discontinued'],
}
# %%
failed = {}
for p in await list_products():
    levels = await stock(p['sku'])
    bad = [name for name, check in checks.items() if not check(p, levels)]
    if bad:
        failed[p['sku']] = bad
failed
# %%
# restore
checks['weight'] = lambda p, levels, limit=3: p['weight_kg'] <= limit
hose = [p for p in await list_products('garden')][0]
[checks[k](hose, {'a': 1}) for k in sorted(checks)], failed
