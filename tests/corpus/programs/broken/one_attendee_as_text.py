# expect: wrong-type
# names: attendees
# %%
from datetime import datetime, timedelta
await notify('#platform', 'one on one')
m = await book_meeting('1:1', datetime(2026, 9, 9, 11), timedelta(minutes=30), 'bo@shop.example')
sorted(m['attendees'])
