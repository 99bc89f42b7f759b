# expect: unknown-attribute
# names: append
# %%
skus = []
for p in await list_products('kitchen'):
    await reserve(p['sku'], 0)
    skus.push(p['sku'])
skus
