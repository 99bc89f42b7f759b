# expect: too-many-arguments
# names: service_health
# %%
services = ('api', 'web', 'worker')
# %%
# restore
record_metric('health.checked', len(services))
report = {s: await service_health(s, 'production') for s in services}
report
