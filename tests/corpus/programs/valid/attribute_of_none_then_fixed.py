# %%
issues = await search_issues(state='all')
# %%
# raises: TypeError
owners = []
for i in issues:
    owners.append(i['assignee']['email'])
summary = ', '.join(owners)
# %%
print('stopped at', i['number'], 'with', owners)
owners = [i['assignee']['email'] if i['assignee'] else '-' for i in issues]
# %%
# raises: AttributeError
closed = [i['closed_at'].date() for i in issues]
# %%
closed = [i['closed_at'] and i['closed_at'].date() for i in issues]
summary = ', '.join(owners)
summary, closed
