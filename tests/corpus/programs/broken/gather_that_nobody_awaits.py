# expect: not-awaited
# names: await
# %%
import asyncio
await notify('#stock', 'summing up')
levels = asyncio.gather(*[stock(s) for s in ('KET-1', 'HOS-3')])
for level in levels:
    print(level)
