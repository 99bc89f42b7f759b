# expect: unsupported-attribute
# names: results += await asyncio.gather(*[tool(x) for x in xs[i : i + 5]])
# passes: CPython has semaphores, and the sandbox has not
# %%
await notify('#dev', 'five at a time')
import asyncio

limit = asyncio.Semaphore(5)

async def one(number):
    await limit.acquire()
    try:
        return await get_issue(number)
    finally:
        limit.release()

[i['title'] for i in await asyncio.gather(*[one(n) for n in (101, 102)])]
