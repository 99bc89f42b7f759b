# expect: unknown-key
# names: temp_c
# %%
days = await forecast('Nairobi', days=2)
# %%
record_metric('days', len(days))
hottest = max(days, key=lambda d: d['temperature'])
hottest['day']
