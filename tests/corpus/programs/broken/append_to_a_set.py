# expect: unknown-attribute
# names: add
# %%
await notify('#dev', 'labels')
labels = set()
for i in await search_issues():
    labels.append(i['state'])
labels
