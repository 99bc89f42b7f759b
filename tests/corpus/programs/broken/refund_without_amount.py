# expect: missing-argument
# names: amount
# %%
await comment_on_issue(103, 'refunding the customer')
done = await refund('ORD-1003', reason='rounding')
done['remaining']
