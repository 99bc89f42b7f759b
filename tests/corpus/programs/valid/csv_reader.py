# %%
import csv
text = await read_text('/data/prices.csv')
records = list(csv.DictReader(text.splitlines()))
records[0]
# %%
good, bad = [], []
for r in records:
    try:
        r['price'] = float(r['price'])
    except ValueError as err:
        bad.append((r['sku'], str(err)))
        continue
    good.append(r)
# %%
out = 'sku;price\n' + '\n'.join(f"{r['sku']};{r['price']:.1f}" for r in good)
n = write_file('/data/prices.out', out)
{'n': n, 'bad': bad, 'sum': sum(r['price'] for r in good)}
