# %%
held = await reserve('PAN-2', 2)
# %%
notify('#stock', f"held {held['quantity']}")
close_issue(102, 'not_planned')
# %%
try:
    refund('ORD-1003', 1000)
except ValueError as e:
    notify('#finance', str(e))
    outcome = 'refused'
else:
    outcome = 'paid'
outcome
