# expect: unknown-argument
# names: delta
# %%
levels = await stock('PAN-2')
# %%
# restore
await notify('#stock', str(levels))
adjust_stock('PAN-2', change=-1, warehouse='south')
