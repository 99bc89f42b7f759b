# %%
# raises: KeyError
config = {'retries': 3}
a = config['retries']
b = config['backoff']
c = a * b
# %%
# raises: ValueError
config['backoff'] = 'fast'
b = float(config['backoff'])
c = a * b
# %%
config['backoff'] = '1.5'
b = float(config['backoff'])
c = a * b
record_metric('backoff', c)
# %%
[a, b, c]
