# expect: unknown-argument
# names: limit
# %%
await notify('#dev', 'top three')
top = await search_issues('', state='all', max_results=3)
[t['number'] for t in top]
