# expect: unknown-key | wrong-type
# names: list
# %%
issue = await get_issue(101)
# %%
# restore
await comment_on_issue(101, 'answering the last comment')
author = issue['comments']['author']
author
