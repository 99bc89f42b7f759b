# %%
from functools import lru_cache

@lru_cache(maxsize=None)
def ways(total, coins=(50, 20, 10, 5)):
    if total == 0:
        return 1
    if total < 0 or not coins:
        return 0
    return ways(total - coins[0], coins) + ways(total, coins[1:])

ways(100)
# %%
totals = [int(o['total']) // 5 * 5 for o in await list_orders()]
# %%
{t: ways(t) for t in totals}
