# expect: wrong-type
# names: body
# %%
pending = await list_orders(status='pending')
await notify('#orders', 'mail follows')
await send_email('ada@shop.example', 'Pending orders', len(pending))
