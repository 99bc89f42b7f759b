# expect: wrong-type
# names: service
# %%
health = await service_health('api')
# %%
# restore
await notify('#ops', f'api is {health[0]}')
recent = await deploys(health)
len(recent)
