# %%
orders = {o['id']: o for o in await list_orders()}
cancelled = []
for oid, o in orders.items():
    if o['status'] == 'cancelled':
        cancelled.append(oid)
# %%
if cancelled:
    message = f'{len(cancelled)} cancelled'
else:
    message = 'none'
# %%
with_coupon = 0
for o in orders.values():
    with_coupon += o['coupon'] is not None
    if with_coupon > 5:
        print('many')
