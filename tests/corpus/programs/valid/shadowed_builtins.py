# %%
id = 101
type = 'issue'
issue = await get_issue(id)
print(type, id)
# %%
list = [c['author'] for c in issue['comments']]
sum = 0
for c in issue['comments']:
    sum += len(c['body'])
# %%
# restore
filter = {'bug'}
max = [l for l in issue['labels'] if l not in filter]
input = {'id': id, 'type': type, 'authors': list, 'chars': sum, 'rest': max}
input
