# expect: unknown-name
# names: search_issues
# %%
await notify('#dev', 'bugs of the week')
bugs = await issue_tracker.search_issues(labels={'bug'})
[b['title'] for b in bugs]
