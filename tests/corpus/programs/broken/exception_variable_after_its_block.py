# expect: unknown-name
# names: error
# %%
held = None
# %%
try:
    held = await reserve('KET-1', 1)
    await refund('ORD-1003', 1000)
except ValueError as error:
    print('refused')
held, str(error)
