# %%
quote = await quote_shipping({'street': 'A', 'city': 'Oslo', 'zip': '1'}, 3)
refunded = await refund('ORD-1001', 10)
refunded['remaining']
# %%
refunded2 = await refund('ORD-1004', 0.5 * 3)
record_metric('refunded', refunded['amount'] + refunded2['amount'])
# %%
n = adjust_stock('KET-1', True)
n, quote['cost'], refunded2
