# expect: not-awaited
# names: await
# %%
import asyncio
jobs = [get_issue(n) for n in (101, 102, 104)]
first, second = await asyncio.gather(*jobs[:2])
# %%
await comment_on_issue(104, f"see {first['number']}")
jobs[2]['title']
