# %%
issues = await search_issues(state='all')
ranked = sorted(issues, key=lambda i: (-i['severity'], i['opened_at']))
[i['number'] for i in ranked]
# %%
from datetime import timedelta
by_estimate = sorted(issues, key=lambda i: i['estimate'] or timedelta.max)
print([i['number'] for i in by_estimate])
# %%
products = await list_products()
products.sort(key=lambda p: p['weight_kg'], reverse=True)
heaviest, lightest = products[0], products[-1]
cheapest = min(products, key=lambda p: p['price'])['sku']
first_open = [i for i in ranked if i['state'] == 'open'][0]
[heaviest['sku'], lightest['sku'], cheapest, first_open['title']]
