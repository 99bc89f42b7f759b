# %%
def describe(issue):
    match issue:
        case {'state': 'closed', 'closed_at': when}:
            return f'closed {when:%Y-%m-%d}'
        case {'assignee': None}:
            return 'nobody on it'
        case {'assignee': {'name': name}, 'severity': 3}:
            return f'urgent, with {name}'
        case {'assignee': {'name': name}}:
            return f'with {name}'
        case _:
            return '?'

describe(await get_issue(101))
# %%
lines = {i['number']: describe(i) for i in await search_issues(state='all')}
lines
# %%
match await service_health('web'):
    case ('ok', 0.0, p95):
        verdict = f'healthy ({p95} ms)'
    case (status, rate, _):
        verdict = f'{status}: {rate}'
[lines[102], lines[103], verdict]
