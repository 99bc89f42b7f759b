# expect: unknown-name
# names: reservations
# %%
reservations = []
for sku in ['KET-1', 'PAN-2']:
    reservations.append(await reserve(sku, 1))
# %%
reservations.append(await reserve('HOS-3', 4))
[r['sku'] for r in reservation]
