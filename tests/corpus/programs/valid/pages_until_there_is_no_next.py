# %%
url = 'https://pages.example/1'
pages, items = 0, []
while True:
    page = await fetch_json(url)
    pages += 1
    items.extend(page['items'])
    if not page['next']:
        break
    url = page['next']
items
# %%
# restore
numbered = [f'{i}: {x}' for i, x in enumerate(items, start=1)]
# %%
# raises: OSError
extra = 'https://pages.example/99'
more = await fetch_json(extra)
numbered = numbered + more['items']
# %%
(pages, numbered, extra[-2:])
