# %%
from datetime import date
day = date(2026, 9, 7)
ms = sorted(await calendar('ada@shop.example', day), key=lambda m: m['start'])
for m in ms:
    print(f"{m['start']:%H:%M}-{m['end']:%H:%M} {m['title']:<14} {m['room'] or '-'}")
# %%
clashes = [(a['title'], b['title']) for i, a in enumerate(ms) for b in ms[i + 1:] if b['start'] < a['end']]
clashes
# %%
from datetime import timedelta
free, cursor = [], ms[0]['start'].replace(hour=8, minute=0)
for m in ms:
    if m['start'] - cursor >= timedelta(minutes=30):
        free.append((cursor, m['start'] - cursor))
    cursor = max(cursor, m['end'])
# %%
slot, room_for = max(free, key=lambda f: f[1])
booked = await book_meeting('Fix overlap', slot, timedelta(minutes=30), sorted(ms[1]['attendees']), room='Fjord')
{'slot': slot, 'length': room_for, 'clashes': clashes, 'ends': booked['end'].time()}
