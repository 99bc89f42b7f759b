# expect: shadowed-tool
# names: forecast
# %%
warm = []
for forecast in await forecast('Nairobi', 2):
    warm.append(forecast['temp_c'] > 20)
# %%
# restore
record_metric('warm', sum(warm))
tomorrow = await forecast('Oslo', 1)
tomorrow[0]['conditions']
