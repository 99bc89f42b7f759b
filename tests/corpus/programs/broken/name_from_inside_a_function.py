# expect: unknown-name
# names: refunds
# %%
async def refund_half(order_id):
    order = await get_order(order_id)
    refunds = await refund(order_id, order['total'] / 2)
    return refunds

half = await refund_half('ORD-1001')
# %%
# restore
await notify('#finance', f"paid back {half['amount']}")
refunds['remaining']
