# %%
from datetime import date, timedelta
visits = {}
for r in await run_query('visits'):
    visits.setdefault(r['day'], {})[r['page']] = r['hits']
visits[date(2026, 9, 1)]
# %%
start = min(visits)
calendar_days = [start + timedelta(days=i) for i in range(4)]
series = [(d, sum(visits.get(d, {}).values())) for d in calendar_days]
weekend = [d for d, _ in series if d.weekday() >= 5]
# %%
# restore
import json
text = json.dumps({d.isoformat(): n for d, n in series})
back = {date.fromisoformat(k): v for k, v in json.loads(text).items()}
back == dict(series), weekend, back
