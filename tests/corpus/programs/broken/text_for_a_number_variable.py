# expect: wrong-type
# names: quantity
# %%
amount = 'two'
sku = 'KET-1'
# %%
# restore
adjust_stock(sku, 2)
await reserve(sku, amount)
