# %%
async def attempt(tool, *args, **kwargs):
    try:
        return True, await tool(*args, **kwargs)
    except Exception as e:
        return False, f'{type(e).__name__}: {e}'

ok, value = await attempt(get_order, 'ORD-7')
print(ok, value)
# %%
import asyncio
results = await asyncio.gather(
    attempt(stock, 'LMP-4'),
    attempt(stock, 'LAMP'),
    attempt(reserve, 'PAN-2', quantity=10),
    attempt(exchange_rate, 'EUR', 'GBP'),
)
# %%
failed = [v for ok, v in results if not ok]
good = [v for ok, v in results if ok]
{'failed': failed, 'good': good}
