# expect: shadowed-tool
# names: stock
# %%
stock = {p['sku']: sum((await stock(p['sku'])).values()) for p in await list_products()}
# %%
# restore
low = [s for s, n in stock.items() if n < 5]
await notify('#stock', f'low: {low}')
fresh = await stock(low[0])
fresh
