# %%
orders = await list_orders()
width = max(len(o['id']) for o in orders)
header = f"{'order':<{width}} | {'total':>8} | status"
lines = [header, '-' * len(header)]
for o in orders:
    lines.append(f"{o['id']:<{width}} | {o['total']:>8,.2f} | {o['status'].upper():^10}".rstrip())
# %%
report = '\n'.join(lines)
print(report)
# %%
md = """
# Orders

* {n} orders
* sum {total}
""".strip().format(n=len(orders), total=sum(o['total'] for o in orders))
pct = '%d%% of %s, %.1f' % (40, 'all', 2 / 3)
size = write_file('/reports/orders.md', md + '\n')
{'md': md.split('\n'), 'pct': pct, 'lines': len(lines), 'size': size}
