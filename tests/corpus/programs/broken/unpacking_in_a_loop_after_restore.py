# expect: wrong-unpacking
# names: health
# %%
services = ['api', 'web']
health = [await service_health(s) for s in services]
# %%
# restore
await notify('#ops', 'health of all')
slow = [status for status, latency in health if latency > 1000]
slow
