# expect: unknown-attribute
# names: datetime.datetime
# %%
import datetime
await notify('#ops', 'window opens')
start = datetime.now()
start.isoformat()
