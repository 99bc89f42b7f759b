# %%
d = await deploys('api')
h = await service_health('api')
rate = await exchange_rate('EUR', 'USD')
print(len(d), h, rate)
# %%
last_good = [x for x in d if x['ok']][-1]
back = await rollback('api', last_good['id'], True)
# %%
w = await get_weather('Lisbon')
await notify('#ops', f'api could go back to {".".join(map(str, back["version"]))}', {'bo'})
(back['version'], w['temp_c'], h[2])
