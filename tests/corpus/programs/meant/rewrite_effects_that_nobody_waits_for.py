# %%
held = await reserve('PAN-2', 2)
# %%
await notify('#stock', f"held {held['quantity']}")
await close_issue(102, 'not_planned')
# %%
try:
    await refund('ORD-1003', 1000)
except ValueError as e:
    await notify('#finance', str(e))
    outcome = 'refused'
else:
    outcome = 'paid'
outcome
