# %%
_missing = ['missing']

def dig(data, path, default=_missing):
    for key in path.split('.'):
        try:
            data = data[int(key)] if isinstance(data, list) else data[key]
        except (KeyError, IndexError, TypeError, ValueError):
            if default is _missing:
                raise
            return default
    return data

page = await fetch_json('https://status.example/api')
dig(page, 'components.1.name')
# %%
# raises: KeyError
dig(page, 'components.0.latency')
# %%
def collect(value, into=[]):
    into.append(value)
    return into

collect(dig(page, 'components.7.up', None))
collect(dig(page, 'status'))
# %%
collect(dig(page, 'next.url', default='-'))
