# %%
# raises: LookupError
order_ids = ['ORD-1001', 'ORD-1002', 'ORD-9999', 'ORD-1004']
fetched = []
for oid in order_ids:
    fetched.append(await get_order(oid))
total = sum(o['total'] for o in fetched)
# %%
print(len(fetched), 'orders were fetched before it failed at', oid)
remaining = order_ids[order_ids.index(oid) + 1:]
for oid in remaining:
    fetched.append(await get_order(oid))
# %%
total = sum(o['total'] for o in fetched)
{'ids': [o['id'] for o in fetched], 'total': total}
