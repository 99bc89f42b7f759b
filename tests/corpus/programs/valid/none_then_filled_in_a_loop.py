# %%
best = None
for product in await list_products():
    if product['discontinued']:
        continue
    if best is None or product['price'] > best['price']:
        best = product
best['name']
# %%
worst = None
worst_price = None
for product in await list_products():
    if worst_price is None or product['price'] < worst_price:
        worst, worst_price = product, product['price']
print(worst['sku'], worst_price)
# %%
{'best': best['sku'], 'worst': worst['sku'], 'spread': best['price'] - worst['price']}
