# %%
class Money:
    def __init__(self, amount, currency='EUR'):
        self.amount = amount
        self.currency = currency

    def __add__(self, other):
        return Money(self.amount + other.amount, self.currency)

    def __eq__(self, other):
        return (self.amount, self.currency) == (other.amount, other.currency)

    def __repr__(self):
        return f'{self.amount:.2f} {self.currency}'

a = Money(1.5)
# %%
total = Money(0)
for p in await list_products('kitchen'):
    total = total + Money(float(p['price']))
print(total, a == Money(1.5), [a])
# %%
rate = await exchange_rate('EUR', 'USD')
usd = Money(total.amount * float(rate), 'USD')
str(usd), repr(a + a), total == usd
