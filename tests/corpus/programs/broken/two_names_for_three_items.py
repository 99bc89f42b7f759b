# expect: wrong-unpacking
# names: tuple[str, float, int]
# %%
record_metric('health.checks', 1)
status, p95 = await service_health('api')
status, p95
