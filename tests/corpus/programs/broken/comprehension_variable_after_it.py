# expect: unknown-name
# names: product
# %%
write_file('/reports/start.txt', 'started')
heavy = [product['sku'] for product in await list_products() if product['weight_kg'] > 2]
print(product['name'], heavy)
