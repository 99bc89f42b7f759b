# %%
counts = {}
for state in ['open', 'closed', 'all']:
    counts[state] = len(await search_issues(state=state))
counts
# %%
async def count(category):
    return len(await list_products(category))

by_category = {c: await count(c) for c in ('kitchen', 'garden', 'office')}
# %%
status = 'PAID'.lower()
reason = 'not_' + 'planned'
closed = await close_issue(102, reason=reason)
paid = await list_orders(status=status)
{**counts, **by_category, 'closed': closed['state'], 'paid': [o['id'] for o in paid]}
