# %%
import asyncio

async def comments(number):
    return len((await get_issue(number))['comments'])

numbers = [101, 102, 103]
# %%
pairs = [(await comments(n), n) for n in numbers]
[n for _, n in sorted(pairs, key=lambda pair: pair[0], reverse=True)]
# %%
# restore
counts = dict(zip(numbers, await asyncio.gather(*map(comments, numbers))))
max(numbers, key=lambda n: counts[n])
# %%
def note(n):
    return counts[n] if n in counts else adjust_stock('MUG', n)

sorted(numbers, key=note), [n for n in numbers if await comments(n) >= 0]
