# expect: missing-argument
# names: number
# %%
first = (await search_issues())[0]
# %%
await comment_on_issue(first['number'], 'details, please')
details = await get_issue()
details['comments']
