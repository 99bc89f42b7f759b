# %%
orders = [get_order for get_order in await list_orders()]
# %%
def cities(forecast):
    return [coordinates['city'] for coordinates in forecast]

[cities([forecast for forecast in await forecast('Oslo', 2)]), any(reserve for reserve in [0, 1])]
# %%
# restore
deploys = [deploys['version'] for deploys in await deploys()]
# %%
[len(deploys), (await get_order(orders[0]['id']))['id'], (await get_weather('Oslo'))['city']]
