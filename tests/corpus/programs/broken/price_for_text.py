# expect: wrong-type
# names: text
# %%
kettle = (await list_products('kitchen'))[0]
# %%
await reserve(kettle['sku'], 1)
await notify('#shop', kettle['price'])
