# expect: unknown-key
# names: 3
# %%
health = await service_health('api')
print(health)
# %%
await notify('#ops', health[0])
uptime = health[3]
uptime
