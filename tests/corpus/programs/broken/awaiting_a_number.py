# expect: not-awaitable | not-a-tool
# names: await
# %%
orders = await list_orders()
# %%
# restore
await notify('#orders', 'how many?')
n = await len(orders)
n
