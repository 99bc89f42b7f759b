# %%
_get_order = get_order
_cache = {}

async def get_order(order_id):
    if order_id not in _cache:
        print('fetching', order_id)
        _cache[order_id] = await _get_order(order_id)
    return _cache[order_id]

o = await get_order('ORD-1001')
# %%
for oid in ('ORD-1001', 'ORD-1002', 'ORD-1001'):
    o = await get_order(oid)
# %%
# restore
o = await get_order('ORD-1002')
len(_cache), o['lines'][0]['sku']
