# expect: shadowed-tool
# names: refund
# %%
refund = await refund('ORD-1001', 5, 'late')
again = await refund('ORD-1002', 5, 'late')
again['remaining']
