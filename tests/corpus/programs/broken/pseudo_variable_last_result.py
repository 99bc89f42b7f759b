# expect: unknown-name
# names: _result
# %%
await list_orders(status='pending')
# %%
await notify('#orders', 'pending ones follow')
[o['id'] for o in _result]
