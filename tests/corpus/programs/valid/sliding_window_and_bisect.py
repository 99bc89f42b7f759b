# %%
from collections import deque
from bisect import bisect_left
window = deque(maxlen=3)
averages = []
for day in await forecast('Nairobi', days=6):
    window.append(day['temp_c'])
    if len(window) == 3:
        averages.append(sum(window) / 3)
averages
# %%
limits = [10, 25, 50]
names = ['low', 'mid', 'high', 'premium']
tiers = {p['sku']: names[bisect_left(limits, p['price'])] for p in await list_products()}
# %%
from collections import namedtuple
Span = namedtuple('Span', ['low', 'high'])
span = Span(min(averages), max(averages))
[tiers, span.high - span.low, window.popleft(), len(window)]
