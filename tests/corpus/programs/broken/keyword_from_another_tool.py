# expect: unknown-argument
# names: notify
# %%
numbers = [i['number'] for i in await search_issues('payment')]
# %%
await notify('#dev', f'triaging {numbers}')
for n in numbers:
    await comment_on_issue(n, 'Triaged.', silent=True)
