# expect: unknown-name
# names: revenue
# %%
orders = await list_orders(status='paid')
# %%
record_metric('orders.paid', len(orders))
for o in orders:
    revenue += o['total']
revenue
