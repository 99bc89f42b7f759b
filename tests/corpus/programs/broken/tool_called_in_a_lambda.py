# expect: cannot-wait
# names: await
# %%
numbers = [i['number'] for i in await search_issues()]
# %%
await notify('#dev', 'longest discussion')
max(numbers, key=lambda n: len(get_issue(n)['comments']))
