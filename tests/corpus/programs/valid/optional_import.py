# %%
try:
    import pandas as pd
    HAVE_PANDAS = True
except ImportError:
    pd = None
    HAVE_PANDAS = False
rows = await run_query('visits')
# %%
def total_by_page(rows):
    # plain python, so that it works either way
    out = {}
    for r in rows:
        out[r['page']] = out.get(r['page'], 0) + r['hits']
    return out

totals = total_by_page(rows)
# %%
totals, isinstance(HAVE_PANDAS, bool)
