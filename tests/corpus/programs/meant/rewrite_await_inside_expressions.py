# %%
n = len(await search_issues(state='all'))
first = (await list_products())[0]['name']
n, first
# %%
print(f"{(await get_weather('Lisbon'))['temp_c']:.1f} degrees")
total = sum((await stock('KET-1')).values()) + (await stock('PAN-2'))['south']
# %%
if (await get_order('ORD-1001'))['status'] == 'shipped' and await coordinates('Oslo'):
    total += 100
await exchange_rate('EUR', 'NOK') * total
