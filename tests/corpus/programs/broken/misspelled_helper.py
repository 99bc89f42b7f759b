# expect: unknown-name
# names: format_order
# %%
def format_order(order):
    return f"{order['id']}: {order['total']} ({order['status']})"

text = format_order(await get_order('ORD-1001'))
# %%
await notify('#orders', text)
lines = [formatorder(o) for o in await list_orders()]
'\n'.join(lines)
