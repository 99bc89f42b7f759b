# %%
title = f"{(await get_issue(104))['title']}!"
pair = {'web': await service_health('web'), 'api': (await service_health('api'))[0]}
title, pair
# %%
known = [c for c in ['Oslo', 'Atlantis', 'Lisbon'] if await coordinates(c) is not None]
warm = (await get_weather('Oslo'))['temp_c'] > 10 or (await get_weather('Lisbon'))['temp_c'] > 10
# %%
n = len(await search_issues()) if warm else len(await deploys())
big = max((await get_order('ORD-1001'))['total'], (await get_order('ORD-1002'))['total'])
assert await get_person('00000000-0000-0000-0000-000000000001')
[known, warm, n, big, -(await exchange_rate('EUR', 'EUR'))]
