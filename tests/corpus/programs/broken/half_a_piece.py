# expect: wrong-type
# names: quantity
# %%
sku = 'HOS-3'
adjust_stock(sku, 1, 'south')
held = await reserve(sku, 1.5)
held['expires']
