# %%
log = []

def logged(fn):
    async def inner(*args, **kwargs):
        result = await fn(*args, **kwargs)
        log.append((args, len(result)))
        return result
    return inner

@logged
async def issues_of(owner):
    return await search_issues(state='all', assignee=owner)

mine = await issues_of('chidi@shop.example')
# %%
ada = await issues_of('ada@shop.example')
nobody = await issues_of('nobody@shop.example')
# %%
[log, [i['number'] for i in mine + ada + nobody]]
