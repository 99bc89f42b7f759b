# %%
issue = get_issue(101)
print(issue['title'])
# %%
status, errors, p95 = service_health('api')
recent = deploys(service='api', since='2026-09-03')
# %%
# restore
comment = comment_on_issue(issue['number'], f'{status}, {len(recent)} deploys since')
comment['author'], p95
