# %%
# raises: AssertionError
def shorten(text, n=14):
    return text if len(text) <= n else text[:n - 1] + '…'

LIMIT = 40
titles = [shorten(i['title']) for i in await search_issues(state='all')]
assert all(len(t) > 13 for t in titles), 'a title is too short'
report = ' | '.join(titles)
# %%
print(len(titles), LIMIT)
report = ' | '.join(t for t in titles if len(t) > 13)
# %%
# restore
shorten(report, LIMIT)
