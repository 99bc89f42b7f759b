# expect: unknown-name
# names: delete_issue
# %%
stale = [i for i in await search_issues() if i['severity'] == 1]
# %%
# restore
for issue in stale:
    await comment_on_issue(issue['number'], 'Cleaning up.')
    await delete_issue(issue['number'])
len(stale)
