# %%
def newest(items: 'list[Deploy]') -> 'Deploy | None':
    best: 'Deploy | None' = None
    for item in items:
        if best is None or item['at'] > best['at']:
            best = item
    return best

d = newest(await deploys())
d['service']
# %%
def overdue(issue: 'IssueDetail', days: 'int' = 30) -> 'bool':
    return issue['closed_at'] is None and issue['estimate'] is not None

flags: 'dict[int, bool]' = {}
for n in (101, 102, 103):
    flags[n] = overdue(await get_issue(n))
# %%
none = newest([])
{'flags': flags, 'none': none, 'by': d['by']}
