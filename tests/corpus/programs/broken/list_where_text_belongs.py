# expect: wrong-type
# names: query
# %%
words = ['checkout', 'payment']
# %%
await notify('#dev', f'searching {len(words)} words')
hits = await search_issues(words)
[h['number'] for h in hits]
