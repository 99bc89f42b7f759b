# %%
base = {'env': 'prod', 'retries': 3}
override = {'retries': 5} | {'region': 'eu'}
settings = base | override
settings
# %%
settings |= {'owner': (await find_people('Ada'))[0]['email']}
renamed = {k.upper(): v for k, v in settings.items()}
inverse = {v: k for k, v in base.items()}
popped = settings.pop('missing', None), settings.pop('region')
# %%
# restore
record_metric('settings', len(settings), tags={k: str(v) for k, v in settings.items()})
[renamed, inverse, popped, settings.setdefault('x', []), list(settings)[-1]]
