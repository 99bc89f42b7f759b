# expect: unsupported-import
# names: csv.writer(Out())
# passes: CPython has io, and the sandbox has not
# %%
orders = await list_orders()
# %%
await notify('#sales', 'orders as CSV')
import csv, io

out = io.StringIO()
writer = csv.writer(out)
writer.writerow(['id', 'total'])
for o in orders:
    writer.writerow([o['id'], o['total']])
out.getvalue()
