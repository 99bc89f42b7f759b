# %%
async def order_total_in(order_id: str, currency: str) -> float:
    """Total of an order in another currency."""
    order = await get_order(order_id)
    rate = await exchange_rate('EUR', currency)
    return round(float(order['total'] * rate), 2)

await order_total_in('ORD-1001', 'USD')
# %%
totals = {}
for cur in ('USD', 'NOK', 'EUR'):
    totals[cur] = await order_total_in('ORD-1002', cur)
print(totals)
# %%
# restore
import asyncio
more = await asyncio.gather(order_total_in('ORD-1003', 'USD'), order_total_in('ORD-1005', 'NOK'))
sorted(more)
