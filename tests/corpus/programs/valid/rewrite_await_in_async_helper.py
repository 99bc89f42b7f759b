# %%
async def open_bugs(owner):
    bugs = search_issues(labels={'bug'}, assignee=owner)
    return [b['number'] for b in bugs]

await open_bugs('chidi@shop.example')
# %%
async def report(owners):
    lines = {}
    for o in owners:
        lines[o] = await open_bugs(o)
    send_email('ada@shop.example', 'Bugs', str(lines))
    return lines
# %%
result = await report(['bo@shop.example', 'ada@shop.example'])
result
