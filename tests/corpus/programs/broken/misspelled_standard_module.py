# expect: unknown-module | unsupported-import
# names: itertools
# %%
await notify('#ops', 'grouping')
from itertool import groupby
services = sorted(d['service'] for d in await deploys())
[(k, len(list(g))) for k, g in groupby(services)]
