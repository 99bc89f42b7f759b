# %%
from collections import Counter, defaultdict
issues = await search_issues(state='all')
labels = Counter(label for i in issues for label in i['labels'])
labels.most_common(2)
# %%
by_owner = defaultdict(list)
for i in issues:
    who = i['assignee']
    by_owner[who['name'] if who else 'nobody'].append(i['number'])
dict(by_owner)
# %%
load = Counter()
for name, numbers in by_owner.items():
    load[name] += len(numbers)
load.update({'nobody': 2})
load['never seen'], sorted(load.items(), key=lambda kv: (-kv[1], kv[0]))
