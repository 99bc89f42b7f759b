# %%
n = len(search_issues(state='all'))
first = list_products()[0]['name']
n, first
# %%
print(f"{get_weather('Lisbon')['temp_c']:.1f} degrees")
total = sum(stock('KET-1').values()) + (stock('PAN-2'))['south']
# %%
if get_order('ORD-1001')['status'] == 'shipped' and coordinates('Oslo'):
    total += 100
exchange_rate('EUR', 'NOK') * total
