# %%
class Budget:
    def __init__(self, limit):
        self.limit = limit
        self.spent = 0
        self.entries = []

    def add(self, what, amount):
        if self.spent + amount > self.limit:
            return False
        self.spent += amount
        self.entries.append(what)
        return True

budget = Budget(100)
# %%
for p in await list_products():
    ok = budget.add(p['sku'], p['price'])
    print(p['sku'], 'bought' if ok else 'too expensive')
# %%
# restore
budget.limit += 50
budget.add('extra', 25)
{'spent': budget.spent, 'left': budget.limit - budget.spent, 'entries': budget.entries}
