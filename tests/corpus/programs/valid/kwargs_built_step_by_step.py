# %%
params = {'state': 'all', 'limit': 3}
first = await search_issues('', **params)
print([i['number'] for i in first])
# %%
params['labels'] = {'bug'}
params['limit'] = 10
bugs = await search_issues(**params)
# %%
from datetime import datetime, timedelta
defaults = {'title': 'Review', 'duration': timedelta(minutes=30)}
defaults.update(start=datetime(2026, 9, 9, 10))
meeting = await book_meeting(**defaults, attendees=['ada@shop.example'])
# %%
[len(bugs), meeting['end'].isoformat()]
