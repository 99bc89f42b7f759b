# %%
import re
log = await read_text('/logs/api.log')
lines = log.splitlines()
print(lines[0])
# %%
errors = [l for l in lines if ' ERROR ' in l]
orders = [re.search(r'order=(ORD-\d+)', l).group(1) for l in errors]
orders
# %%
pattern = re.compile(r'^(?P<at>\S+) (?P<level>[A-Z]+) (?P<text>.*)$')
parsed = [m.groupdict() for m in map(lambda l: pattern.match(l), lines) if m]
levels = {}
for entry in parsed:
    levels[entry['level']] = levels.get(entry['level'], 0) + 1
# %%
affected = [await get_order(o) for o in orders]
{'levels': levels, 'money at risk': sum(o['total'] for o in affected), 'last': parsed[-1]['at']}
