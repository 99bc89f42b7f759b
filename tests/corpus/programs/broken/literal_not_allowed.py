# expect: wrong-type
# names: 'not_planned'
# %%
await comment_on_issue(102, 'We will not do this.')
await close_issue(102, reason='wontfix')
