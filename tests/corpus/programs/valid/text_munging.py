# %%
bodies = [(await get_issue(i['number']))['body'] for i in await search_issues(state='all')]
text = ' '.join(bodies).strip()
words = [w.strip('.,').lower() for w in text.split()]
words[:4]
# %%
import re
ids = re.findall(r'\bORD-(\d{4})\b', text)
masked = re.sub(r'\d', '#', text)
slug = re.sub(r'[^a-z0-9]+', '-', bodies[1].lower()).strip('-')
parts = re.split(r'[.?!]\s*', bodies[0])
# %%
key, _, value = 'pool_size=5'.partition('=')
title = (await get_issue(101))['title']
camel = ''.join(w.capitalize() for w in title.split())
[ids, masked[:12], slug, parts, {key: int(value)}, camel, title[::-1][:4], title.center(33, '*').count('*')]
