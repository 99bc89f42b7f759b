# %%
class Section:
    depth = 0

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        print(f'<{self.name}>')
        return self

    def __exit__(self, kind, error, tb):
        print(f'</{self.name}>')
        return False

with Section('orders') as s:
    n = len(await list_orders())
    print(n)
# %%
try:
    with Section('broken'):
        await get_order('ORD-0')
except LookupError as e:
    problem = str(e)
# %%
[s.name, n, problem]
