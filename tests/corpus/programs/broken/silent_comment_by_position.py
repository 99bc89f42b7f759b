# expect: too-many-arguments
# names: notify
# %%
bugs = await search_issues(labels={'bug'})
# %%
# restore
record_metric('bugs', len(bugs))
for b in bugs:
    await comment_on_issue(b['number'], 'Still relevant?', False)
