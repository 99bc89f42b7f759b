# expect: wrong-unpacking
# names: 2
# %%
rows = []
# %%
await notify('#stock', 'levels of all kettles')
for sku, warehouse, pieces in (await stock('KET-1')).items():
    rows.append((warehouse, pieces))
rows
