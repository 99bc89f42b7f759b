# %%
issue = await get_issue(101)
owner = issue['assignee']['name']
print(owner, issue['estimate'].total_seconds() / 3600, 'hours')
# %%
all_issues = await search_issues(state='closed')
durations = [(i['closed_at'] - i['opened_at']).days for i in all_issues]
durations
# %%
lat, lon = await coordinates('Oslo')
result = {
    'owner': owner,
    'days': max(durations),
    'north': round(lat, 1),
}
result
