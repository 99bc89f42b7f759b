# expect: wrong-type
# names: duration
# %%
from datetime import datetime
start = datetime(2026, 9, 9, 15, 0)
# %%
# restore
await notify('#platform', 'sync at three')
m = await book_meeting('Sync', start, 'half an hour', ['bo@shop.example'])
m['end']
