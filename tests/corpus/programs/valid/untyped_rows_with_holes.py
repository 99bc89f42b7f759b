# %%
rows = await run_query('visits')
print(rows[0])
total = sum(r['hits'] for r in rows)
# %%
bounces = [r['bounce'] for r in rows if r['bounce'] is not None]
avg = sum(bounces) / len(bounces)
print(round(avg, 4))
# %%
carts = await run_query('visits', {'page': '/cart'})
rate = {str(r['day']): round(r['hits'] * (1 - (r['bounce'] or 0))) for r in carts}
leads = [(t['lead'] or 'n/a').upper() for t in await run_query(table='teams')]
dict(total=total, rate=rate, leads=leads)
