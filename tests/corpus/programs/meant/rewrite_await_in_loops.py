# %%
names = []
for p in await find_people():
    names.append(p['name'])
names
# %%
totals = [(await get_order(o))['total'] for o in ('ORD-1001', 'ORD-1003')]
by_city = {c: (await get_weather(c))['conditions'] for c in ['Oslo', 'Lisbon']}
# %%
dry = [d['day'] for d in await forecast('Lisbon', days=2) if d['conditions'] != 'rain']
for d in await deploys('web'):
    await notify('#web', d['by'])
[sum(totals), by_city, dry, len(names)]
