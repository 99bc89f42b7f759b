# %%
n = await adjust_stock('KET-1', -1)
print(n)
# %%
sizes = {}
for name, text in [('a', 'one'), ('b', 'two')]:
    sizes[name] = await write_file(f'/out/{name}.txt', text)
sizes
# %%
await record_metric('files', len(sizes))
n + (await adjust_stock('PAN-2', 3, 'south')), sizes
