# expect: missing-argument
# names: quantity
# %%
from datetime import datetime
tonight = datetime(2026, 9, 8, 20, 0)
adjust_stock('KET-1', 5)
await reserve('KET-1', until=tonight)
