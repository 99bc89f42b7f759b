# %%
fetch = get_order
first = await fetch('ORD-1001')
print(first['status'])
# %%
lookup = {'order': fetch, 'issue': get_issue, 'stock': stock}
found = {}
for kind, key in [('order', 'ORD-1005'), ('issue', 104), ('stock', 'HOS-3')]:
    found[kind] = await lookup[kind](key)
# %%
# restore
again = await lookup['issue'](102)
[found['order']['total'], found['issue']['title'], found['stock'], again['title']]
