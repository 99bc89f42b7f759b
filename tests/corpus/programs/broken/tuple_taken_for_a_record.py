# expect: unknown-key | wrong-type
# names: tuple
# %%
record_metric('health', 1)
health = await service_health('web')
health['status']
