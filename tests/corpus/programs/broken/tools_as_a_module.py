# expect: unknown-module | unsupported-import
# names: tools
# %%
adjust_stock('MUG-5', 3, 'south')
from tools import get_order
order = await get_order('ORD-1004')
order['lines'][-1]
