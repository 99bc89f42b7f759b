# %%
spent = {}
for o in await list_orders():
    for line in o['lines']:
        spent[line['sku']] = spent.get(line['sku'], 0) + line['unit_price'] * line['quantity']
spent
# %%
top = max(spent, key=spent.get)
ranked = sorted(spent, key=spent.get, reverse=True)
# %%
# restore
[top, ranked, min(spent, key=spent.get)]
