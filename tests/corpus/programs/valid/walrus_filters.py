# %%
if (n := len(found := await search_issues('payment', state='all'))) > 0:
    print(n, 'found')
titles = [i['title'] for i in found]
# %%
import re
hits = [m.group() for f in await list_files() if (m := re.search(r'[a-z]+\.json$', f['path']))]
hits
# %%
url = 'https://pages.example/1'
items = []
while url and (page := await fetch_json(url)):
    items += page['items']
    url = page['next']
[titles, hits, items]
