# %%
results = {}
for sku in ['KET-1', 'NOPE-9', 'HOS-3']:
    try:
        levels = await stock(sku)
    except LookupError as e:
        print('skipping:', e)
        results[sku] = None
    else:
        results[sku] = sum(levels.values())
results
# %%
try:
    held = await reserve('PAN-2', 100)
except ValueError as exc:
    available = int(str(exc).split()[1])
    held = await reserve('PAN-2', available)
finally:
    print('done')
held['quantity']
# %%
missing = [k for k, v in results.items() if v is None]
{'missing': missing, 'held': held}
