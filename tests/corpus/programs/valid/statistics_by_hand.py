# %%
import math
values = [d['took'].total_seconds() for d in await deploys()]
n = len(values)
mean = sum(values) / n
var = sum((v - mean) ** 2 for v in values) / (n - 1)
stdev = math.sqrt(var)
round(stdev, 3)
# %%
s = sorted(values)
median = s[n // 2] if n % 2 else (s[n // 2 - 1] + s[n // 2]) / 2
p90 = s[math.ceil(0.9 * n) - 1]
# %%
z = {v: round((v - mean) / stdev, 2) for v in s}
outliers = [v for v, score in z.items() if abs(score) > 1]
{'median': median, 'p90': p90, 'outliers': outliers, 'log': math.floor(math.log10(p90)), 'inf': math.isinf(math.inf)}
