# %%
from itertools import groupby, chain

ds = sorted(await deploys(), key=lambda d: (d['service'], d['at']))
per = {k: [d['version'] for d in g] for k, g in groupby(ds, key=lambda d: d['service'])}
per
# %%
latest = {s: vs[-1] for s, vs in per.items()}
flat = list(chain.from_iterable(per.values()))
# %%
from itertools import pairwise, combinations
bumps = [b[2] - a[2] for a, b in pairwise(per['api'])]
(latest, len(flat), bumps, list(combinations(sorted(per), 2)))
