# expect: unknown-module | unsupported-import
# names: statistics
# passes: the module is in CPython's standard library, and not in Monty
# %%
took = [d['took'].total_seconds() for d in await deploys()]
# %%
record_metric('deploys', len(took))
import statistics
statistics.median(took)
