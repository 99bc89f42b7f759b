# %%
from copy import deepcopy
original = await get_order('ORD-1002')
draft = deepcopy(original)
draft['lines'][0]['quantity'] = 3
draft['lines'].append({'sku': 'MUG-5', 'quantity': 1, 'unit_price': 8})
draft['coupon'] = 'TEAM'
# %%
shallow = dict(original)
shallow['lines'].pop()
len(original['lines']), len(draft['lines'])
# %%
# restore
draft['total'] = sum(l['unit_price'] * l['quantity'] for l in draft['lines'])
fresh = await get_order('ORD-1002')
[original == fresh, len(fresh['lines']), draft['total'], draft['coupon'], original['coupon']]
