# %%
def make_ledger():
    balance = 0
    history = []

    def book(amount, note=''):
        nonlocal balance
        balance += amount
        history.append((note, balance))
        return balance

    return book, history

book, history = make_ledger()
# %%
for o in await list_orders():
    sign = -1 if o['status'] == 'cancelled' else 1
    book(sign * o['total'], o['id'])
# %%
# restore
final = book(0, 'close')
final, history[2], len(history)
