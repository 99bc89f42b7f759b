# expect: unknown-attribute
# names: contains
# %%
log = await read_text('/logs/web.log')
# %%
record_metric('log.size', len(log))
if log.contains('ERROR'):
    print('errors!')
