# expect: cannot-wait
# names: pairs = [(await comments(x), x) for x in numbers]
# %%
numbers = [i['number'] for i in await search_issues()]

async def comments(number):
    return len((await get_issue(number))['comments'])
# %%
await notify('#dev', 'most discussed first')
sorted(numbers, key=comments)
