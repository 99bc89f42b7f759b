# %%
def summarize(*items, sep=', ', **extra):
    parts = [str(x) for x in items]
    parts += [f'{k}={v}' for k, v in sorted(extra.items())]
    return sep.join(parts)

summarize(1, 'a', None, b=2)
# %%
h = await service_health('api')
opts = {'sep': ' / ', 'env': 'prod'}
line = summarize(*h, **opts, region='eu')
print(line)
# %%
def tagged(first, /, *, name='x', **tags):
    record_metric(name, first, {k: str(v) for k, v in tags.items()})
    return sorted(tags)

keys = tagged(h[2], name='p95', service='api', **{'try': 1})
(line, keys)
