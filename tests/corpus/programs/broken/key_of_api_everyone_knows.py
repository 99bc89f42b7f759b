# expect: unknown-key
# names: number
# %%
issue = await get_issue(104)
print(issue['title'])
# %%
await comment_on_issue(104, 'Is this still flaky?')
{'id': issue['id'], 'labels': sorted(issue['labels'])}
