# %%
import collections, re
def errors_in(log):
    return collections.Counter(re.search(r' ([A-Z]+) ', line).group(1) for line in log.splitlines())

counts = errors_in(await read_text('/logs/api.log'))
# %%
import hashlib, itertools
pairs = list(itertools.combinations(sorted(counts), 2))
digest = hashlib.sha256(b'grail').hexdigest()[:6]
# %%
import functools
dict(counts), pairs, digest, functools.reduce(lambda a, b: a + b, counts.values())
