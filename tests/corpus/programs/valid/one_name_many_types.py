# %%
x = 1
x = x + 1
# %%
x = str(x) * 3
print(x)
# %%
x = [int(ch) for ch in x]
# %%
# restore
x = dict(enumerate(x))
x['total'] = sum(v for v in x.values())
# %%
x = (x['total'], None)
x
