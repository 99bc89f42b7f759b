# expect: wrong-type
# names: severity
# %%
known = {i['title'] for i in await search_issues(state='all')}
# %%
if 'Mail is down' not in known:
    await notify('#ops', 'opening an issue')
    await create_issue('Mail is down', 'status page says so', 'critical')
