# expect: unknown-name
# names: stock_levels
# %%
stock_levels = await stock('HOS-3')
# %%
# restore
await reserve('HOS-3', 2)
sum(Stock_levels.values()) - 2
