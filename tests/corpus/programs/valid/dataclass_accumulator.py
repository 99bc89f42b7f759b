# %%
from dataclasses import dataclass, field

@dataclass
class Totals:
    orders: int = 0
    revenue: float = 0.0
    skus: dict[str, int] = field(default_factory=dict)

    def take(self, order):
        self.orders += 1
        self.revenue += float(order['total'])
        for line in order['lines']:
            self.skus[line['sku']] = self.skus.get(line['sku'], 0) + line['quantity']

t = Totals()
# %%
for order in await list_orders():
    if order['status'] in ('paid', 'shipped', 'pending'):
        t.take(order)
print(t)
# %%
top = sorted(t.skus.items(), key=lambda item: item[1], reverse=True)[0]
{'n': t.orders, 'revenue': round(t.revenue, 2), 'top': list(top)}
