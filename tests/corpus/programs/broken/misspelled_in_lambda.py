# expect: unknown-name
# names: weights
# %%
weights = {'bug': 3, 'feature': 1}
issues = await search_issues(state='all')
# %%
await comment_on_issue(101, 'ranking')
ranked = sorted(issues, key=lambda i: -sum(weigths.get(l, 0) for l in i['labels']))
ranked[0]['number']
