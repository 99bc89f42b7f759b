# expect: not-awaited
# names: await
# %%
record_metric('reports', 1)

def order_total(order_id):
    return get_order(order_id)['total']

sum(order_total(o) for o in ('ORD-1001', 'ORD-1002'))
