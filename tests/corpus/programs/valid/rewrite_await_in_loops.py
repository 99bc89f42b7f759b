# %%
names = []
for p in find_people():
    names.append(p['name'])
names
# %%
totals = [get_order(o)['total'] for o in ('ORD-1001', 'ORD-1003')]
by_city = {c: get_weather(c)['conditions'] for c in ['Oslo', 'Lisbon']}
# %%
dry = [d['day'] for d in forecast('Lisbon', days=2) if d['conditions'] != 'rain']
for d in deploys('web'):
    notify('#web', d['by'])
[sum(totals), by_city, dry, len(names)]
