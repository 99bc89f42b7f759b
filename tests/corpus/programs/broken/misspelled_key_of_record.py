# expect: unknown-key
# names: opened_at
# %%
await notify('#dev', 'oldest open issue:')
issues = await search_issues()
oldest = min(issues, key=lambda i: i['openend_at'])
oldest['title']
