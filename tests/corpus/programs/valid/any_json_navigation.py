# %%
page = await fetch_json('https://status.example/api')
page
# %%
up = {c['name']: c.get('up', False) for c in page.get('components', [])}
worst = min(page['components'], key=lambda c: c['uptime'])
nxt = page.get('next') or {}
empty = await fetch_json('https://status.example/empty')
# %%
def walk(node, path='$'):
    found = []
    if isinstance(node, dict):
        for k, v in node.items():
            found += walk(v, f'{path}.{k}')
    elif isinstance(node, list):
        for i, v in enumerate(node):
            found += walk(v, f'{path}[{i}]')
    else:
        found.append((path, type(node).__name__))
    return found

# %%
paths = walk(page)
[up, worst['name'], nxt.get('url', 'none'), bool(empty), paths[:3], len(paths)]
