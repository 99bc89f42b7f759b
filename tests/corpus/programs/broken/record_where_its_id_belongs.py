# expect: wrong-type
# names: number
# %%
issue = (await search_issues('dark mode'))[0]
# %%
note = await comment_on_issue(102, 'Closing as duplicate.')
await close_issue(issue)
