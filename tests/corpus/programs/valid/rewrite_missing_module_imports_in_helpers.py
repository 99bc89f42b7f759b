# %%
def errors_in(log):
    return collections.Counter(re.search(r' ([A-Z]+) ', line).group(1) for line in log.splitlines())

counts = errors_in(await read_text('/logs/api.log'))
# %%
pairs = list(itertools.combinations(sorted(counts), 2))
digest = hashlib.sha256(b'grail').hexdigest()[:6]
# %%
dict(counts), pairs, digest, functools.reduce(lambda a, b: a + b, counts.values())
