# expect: unknown-attribute
# names: append
# %%
owners: list[str] = []
# %%
# restore
for n in (101, 104):
    issue = await get_issue(n)
    await comment_on_issue(n, 'ping')
    owners.add(issue['assignee']['name'])
owners
