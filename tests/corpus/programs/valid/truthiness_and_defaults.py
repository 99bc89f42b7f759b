# %%
issue = await get_issue(105)
owner = (issue['assignee'] or {}).get('email', 'nobody')
labels = ', '.join(sorted(issue['labels'])) or 'no labels'
labels
# %%
team = (await find_people('Dana'))[0]['team'] or 'unassigned'
estimate = issue['estimate'] and issue['estimate'].days
body = issue.get('body') or None
n = len(issue['comments']) or None
# %%
unknown = issue.get('milestone', {}).get('due') if 'milestone' in issue else 'no milestone'
[owner, labels, team, estimate, body, n, unknown, not issue['linked']]
