# %%
issues = await search_issues(state='all')
print(len(issues), 'issues')
# %%
issues = {i['number']: i for i in issues}
print(sorted(issues))
# %%
# restore
issues = {n: i['title'] for n, i in issues.items() if 'bug' in i['labels']}
issues
