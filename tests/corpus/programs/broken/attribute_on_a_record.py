# expect: unknown-attribute
# names: ['title']
# %%
await notify('#dev', 'open issues')
issues = await search_issues(limit=5)
for issue in issues:
    print(issue.title)
