# expect: no-special-method
# names: size()
# passes: CPython calls __len__, and the sandbox does not
# %%
class Cart:
    def __init__(self):
        self.lines = []

    def add(self, sku, quantity):
        self.lines.append((sku, quantity))

    def __len__(self):
        return len(self.lines)

cart = Cart()
# %%
# restore
await reserve('PAN-2', 1)
cart.add('PAN-2', 1)
len(cart)
