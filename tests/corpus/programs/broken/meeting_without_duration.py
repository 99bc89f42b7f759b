# expect: missing-argument
# names: duration
# %%
from datetime import datetime
team = await find_people(team='platform')
when = datetime(2026, 9, 9, 14, 0)
# %%
# restore
await notify('#platform', 'retro is coming')
m = await book_meeting('Retro', start=when, attendees=[p['email'] for p in team])
m['room']
