# expect: too-many-arguments
# names: state
# %%
seen = {}
# %%
await notify('#dev', 'weekly triage')
closed = await search_issues('refund', 'closed')
seen.update({i['number']: i for i in closed})
len(seen)
