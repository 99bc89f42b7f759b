# %%
def shelf(stock, reserve=0):
    return max(0, sum(stock.values()) - reserve)

calendar = {}
for sku in ['KET-1', 'PAN-2']:
    calendar[sku] = shelf(await stock(sku), reserve=3)
calendar
# %%
async def low(limit):
    refund = []
    for notify in await list_products():
        if shelf(await stock(notify['sku'])) < limit:
            refund.append(notify['sku'])
    return refund

empty = await low(1)
# %%
await notify('#stock', ', '.join(empty))
{'calendar': calendar, 'empty': empty}
