# expect: unknown-key
# names: speed_kmh
# %%
w = await get_weather('Nairobi')
# %%
# restore
record_metric('temp', w['temp_c'], {'city': w['city']})
record_metric('wind', w['wind']['speed'], {'city': w['city']})
