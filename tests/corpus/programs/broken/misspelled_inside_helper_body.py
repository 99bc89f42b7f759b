# expect: unknown-name
# names: threshold
# %%
await notify('#stock', 'checking levels')

async def is_low(sku, threshold=5):
    levels = await stock(sku)
    return sum(levels.values()) < treshold

[sku for sku in ('KET-1', 'PAN-2') if await is_low(sku)]
