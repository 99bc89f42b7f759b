# expect: unknown-name
# names: search_issues
# %%
await notify('#support', 'Looking for open bugs')
bugs = await serch_issues(labels={'bug'})
len(bugs)
