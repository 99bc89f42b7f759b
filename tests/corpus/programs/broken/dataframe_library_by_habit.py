# expect: unknown-name | unsupported-import | unknown-module
# names: pd
# %%
record_metric('report.runs', 1)
rows = await run_query('visits')
df = pd.DataFrame(rows)
df.groupby('page')['hits'].sum().to_dict()
