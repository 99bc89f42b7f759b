# expect: wrong-type
# names: amount
# %%
await comment_on_issue(103, 'goodwill')
await refund('ORD-1002', amount='ten euros', reason='goodwill')
