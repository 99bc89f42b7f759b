# expect: duplicate-argument
# names: order_id
# %%
order = await get_order('ORD-1001')
half = order['total'] / 2
# %%
await comment_on_issue(103, f'refunding {half}')
done = await refund('ORD-1001', half, order_id=order['id'])
done['remaining']
