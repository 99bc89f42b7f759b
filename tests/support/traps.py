"""Valid programs of several cells, each a trap for a checker that is too sure of itself.

`TRAPS` run in CPython, with the tools of the corpus; `SANDBOX_TRAPS` need what only a sandbox has. Cells are separated and
annotated as in the corpus (`corpus/load.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

TRAPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        'extra_key_added_in_function': """
# %%
def mark(issue):
    issue['age'] = 5
    return issue
issues = [mark(i) for i in await search_issues()]
# %%
sum(i['age'] for i in issues)
""",
        'extra_dynamic_key': """
# %%
issue = await get_issue(101)
for k in ('a', 'b'):
    issue[k] = k
# %%
issue['a'] + issue['b']
""",
        'append_plain_dicts_to_records': """
# %%
issues = await search_issues()
issues.append({'number': 0, 'note': 'x'})
# %%
issues[-1]['note']
""",
        'by_id_with_foreign': """
# %%
by = {i['number']: i for i in await search_issues()}
by[0] = {'note': 'n'}
# %%
by[0]['note']
""",
        'state_in_dict_changed_by_function': """
# %%
state = {'n': 0}
def bump():
    state['n'] = 'abc'
bump()
# %%
state['n'].upper()
""",
        'global_rebinding': """
# %%
total = 0
def add(x):
    global total
    total = str(x)
add(4)
# %%
total.upper()
""",
        'global_created_by_function': """
# %%
def setup():
    global cfg
    cfg = {'a': 1}
setup()
# %%
cfg['a'] + 1
""",
        'wrong_annotation': """
# %%
count: int = 'abc'
count.upper()
# %%
count.split(',')
""",
        'wrong_annotation_function': """
# %%
def f(x: int) -> str:
    return [x, x]
f('abc').append(3)
# %%
f(1)[0]
""",
        'param_annotation_wrong': """
# %%
def fmt(d: str) -> str:
    return d.isoformat()
from datetime import date
fmt(date(2026, 1, 1))
""",
        'redefine_module_name': """
# %%
import datetime
now = datetime.datetime(2026, 1, 1)
# %%
from datetime import datetime
now2 = datetime(2026, 1, 2)
# %%
import datetime
datetime.datetime(2026, 1, 1)
# %%
datetime = datetime.datetime(2026, 1, 1)
datetime.year
""",
        'function_uses_later_function': """
# %%
def report():
    return fmt(data)
# %%
data = [1]
def fmt(x):
    return str(x)
report()
""",
        'name_error_guard': """
# %%
try:
    cache
except NameError:
    cache = {}
cache['x'] = 1
# %%
try:
    results
except Exception:
    results = []
results.append(1)
""",
        'import_guard': """
# %%
try:
    import numpy as np
except ImportError:
    np = None
np is None
# %%
try:
    from math import nonexistent
except ImportError:
    nonexistent = 3
nonexistent
""",
        'failed_cell_partial': """
# %%
# raises: ValueError
a = 1
b = 'x'
raise ValueError('boom')
c = 3
# %%
(a, b)
# %%
a = 'str'
a.upper()
""",
        'failed_in_loop': """
# %%
# raises: ZeroDivisionError
out = []
for i in range(5):
    last = i
    out.append(10 // (3 - i))
# %%
(out, last)
""",
        'walrus_in_comp': """
# %%
xs = [y := i * 2 for i in range(3)]
# %%
y + 1
""",
        'match_captures': """
# %%
r = {'kind': 'a', 'v': [1, 2, 3]}
match r:
    case {'kind': str(kind), 'v': [first, *rest], **others}:
        pass
# %%
(kind, first, rest, others)
""",
        'none_then_set': """
# %%
best = None
for i in await search_issues():
    if best is None or i['number'] > best['number']:
        best = i
best['title']
# %%
best['number']
""",
        'optional_tool_result': """
# %%
p = (await find_people())[0]
full = await get_person(p['id'])
full['name']
# %%
full['email'].upper()
""",
        'tool_shadow_param': """
# %%
async def level(stock):
    return sum(stock.values())
await level(await stock('KET-1'))
# %%
def h(forecast):
    return forecast['x']
h({'x': 1})
""",
        'tool_rebound': """
# %%
deploys = await deploys()
len(deploys)
# %%
deploys[0]['service']
# %%
[d['service'] for d in deploys]
""",
        'builtin_rebound': """
# %%
sum = sum([1, 2])
sum + 1
# %%
list = [1, 2]
list.append(3)
max = max(list)
# %%
max + sum + len(list)
""",
        'comprehension_var_reuse': """
# %%
x = 'abc'
ys = [x for x in range(3)]
x.upper()
# %%
for x in await search_issues():
    pass
x['title']
""",
        'class_with_dynamic_attrs': """
# %%
class Box:
    pass
b = Box()
b.title = 'x'
b.items = [1]
# %%
b.title.upper() + str(b.items)
""",
        'class_attr_narrowing': """
# %%
class Acc:
    def __init__(self):
        self.items = 0
    def fill(self):
        self.items = [1]
a = Acc()
a.items = 0
a.fill()
# %%
a.items.append(3)
""",
        'setattr_getattr': """
# %%
class C:
    pass
c = C()
setattr(c, 'foo', 3)
c.foo
# %%
getattr(c, 'bar', None)
""",
        'hasattr_guard': """
# %%
x = await fetch_json('https://status.example/api')
if hasattr(x, 'read'):
    x.read()
y = 5
if hasattr(y, 'zork'):
    y.zork()
""",
        'isinstance_guard': """
# %%
x = await get_issue(101)
if isinstance(x, list):
    x = x[0]
x['title']
# %%
if isinstance(x, str):
    x.upper()
""",
        'key_guard': """
# %%
x = await get_issue(101)
if 'priority' in x:
    print(x['priority'])
x.get('priority')
# %%
try:
    p = x['priority']
except KeyError:
    p = None
""",
        'type_checking': """
# %%
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from numpy import ndarray
if False:
    undefined_thing()
    await get_issue(nope=1)
""",
        'annotations_unknown': """
# %%
def f(x: Issue) -> Whatever:
    return x['title']
f(await get_issue(101))
y: Unknown = 3
""",
        'kwargs_spread': """
# %%
args = {'number': 101}
await get_issue(**args)
pos = [101]
await get_issue(*pos)
# %%
extra = {'limit': 3}
await search_issues('a', **extra)
""",
        'partial_and_alias': """
# %%
from functools import partial
g = partial(get_issue, 101)
(await g())['title']
s = search_issues
await s('x')
# %%
fs = {'a': get_issue, 'b': get_order}
await fs['a'](101)
""",
        'gather_results': """
# %%
import asyncio
a, b = await asyncio.gather(get_issue(101), service_health('api'))
a['title'], b[0]
# %%
rs = await asyncio.gather(*(get_issue(n) for n in (101, 102)))
[r['title'] for r in rs]
""",
        'tasks_replaced': """
# %%
jobs = {n: get_issue(n) for n in (101, 102)}
for n in jobs:
    jobs[n] = await jobs[n]
jobs[101]['title']
""",
        'list_of_tasks': """
# %%
import asyncio
tasks = []
for n in (101, 102):
    tasks.append(get_issue(n))
rs = await asyncio.gather(*tasks)
# %%
rs[0]['title']
""",
        'rebinding_loop': """
# %%
data = await search_issues()
data = {d['number']: d for d in data}
data = list(data.values())
data = data[0]
data = data['title']
data = data.upper()
# %%
data = data.split()
data[0]
""",
        'while_true_break': """
# %%
n = 0
while True:
    n += 1
    if n > 3:
        break
# %%
n
""",
        'try_finally': """
# %%
try:
    r = await get_order('nope')
except Exception as e:
    err = str(e)
    r = None
finally:
    done = True
# %%
(r, err, done)
""",
        'exec_binds': """
# %%
exec('zz = 5')
# %%
zz
""",
        'str_for_date': """
# %%
await deploys('api', '2026-09-03')
d = '2026-09-03'
await deploys('api', d)
""",
        'int_strings': """
# %%
n = '101'
await get_issue(n)
await get_issue(101.0)
""",
        'literal_via_var': """
# %%
state = 'open'
await search_issues(state=state)
for st in ['open', 'closed']:
    await search_issues(state=st)
# %%
sev = 1 if state == 'open' else 3
await create_issue('t', 'b', sev)
""",
        'mixed_dict_values': """
# %%
d = {'a': 1}
d['b'] = 'x'
await notify('#x', d['b'])
k = 'b'
# %%
await notify('#x', d[k])
""",
        'list_changes_type': """
# %%
xs = [1]
xs.append('a')
xs[1].upper()
# %%
xs[-1].upper()
await notify('#x', xs[-1])
""",
        'tuple_in_list': """
# %%
ps = [(1, 2)]
ps.append((1, 2, 3))
a, b, c = ps[1]
# %%
a, b, c = ps[-1]
""",
        'pop_from_record': """
# %%
i = await get_issue(101)
t = i.pop('title')
i.clear()
i.update(foo=3)
i['foo']
# %%
i.setdefault('bar', []).append(1)
i['bar']
""",
        'merge_record': """
# %%
i = await get_issue(101)
j = {**i, 'score': 5}
j['score']
k = i | {'z': 1}
k['z']
# %%
i |= {'q': 1}
i['q']
""",
        'dict_ctor_of_record': """
# %%
i = dict(await get_issue(101))
i['anything'] = 1
i['anything']
""",
        'loop_else': """
# %%
for i in await search_issues():
    if i['number'] == 101:
        found = i
        break
else:
    found = None
# %%
found['title']
""",
        'sort_key_lambda_local': """
# %%
rows = [{'id': 1, 'n': 2}, {'id': 2, 'n': 1}]
rows.sort(key=lambda r: r['n'])
max(rows, key=lambda r: r['id'])['n']
# %%
sorted(rows, key=lambda r: r['n'])[0]['id']
""",
        'same_lambda_param_name': """
# %%
issues = await search_issues()
issues.sort(key=lambda i: i['number'])
rows = [{'rank': 2}]
rows.sort(key=lambda i: i['rank'])
# %%
[i['rank'] for i in rows]
""",
        'nested_functions': """
# %%
def outer():
    count = 0
    def inner():
        nonlocal count
        count += 1
        return count
    inner()
    return count
outer()
""",
        'closure_lazy': """
# %%
def area():
    return width * height
width = 3
height = 4
area()
# %%
width = 'a'
area
""",
        'recursive': """
# %%
def fact(n):
    return 1 if n < 2 else n * fact(n - 1)
fact(4)
async def chain(n):
    return 0 if n == 0 else 1 + await chain(n - 1)
await chain(3)
""",
        'own_function_redefined': """
# %%
def f(a):
    return a
f(1)
# %%
def f(a, b=2, *, c=3):
    return [a, b, c]
f(1, 2, c=4)[0]
# %%
def g():
    return f(1, 2)
def f(a, b):
    return a + b
g()
""",
        'decorated': """
# %%
def twice(fn):
    def wrapper(*args, **kw):
        return fn(*args, **kw) * 2
    return wrapper
@twice
def hello(name):
    return name
hello('x', )
hello(name='y')
""",
        'default_mutable': """
# %%
def add(x, acc=[]):
    acc.append(x)
    return acc
add(1)[0]
add('b')[-1].upper()
""",
        'star_args_kwargs': """
# %%
def f(*args, **kw):
    return args, kw
f(1, 2, x=3)[1]['x']
""",
        'conditional_def': """
# %%
if True:
    def helper(x):
        return x
else:
    def helper(x, y):
        return y
helper(3)
""",
        'with_open_missing': """
# %%
try:
    with open('/nope') as f:
        text = f.read()
except (FileNotFoundError, PermissionError, OSError) as e:
    text = ''
# %%
text.upper()
""",
        'multi_line_strings': """
# %%
s = '''a
  b
c'''
t = f'''x {s}
 y'''
r = (
    1 +
    2
)
# %%
s.splitlines()[1] + t
""",
        'semicolons_and_tabs': """
# %%
x = 1; y = 'a'; z = [x,
  y]
if x:
	q = 1
	w = 'é'; v = '😀'
# %%
(x, y, z, q, w, v.upper())
""",
        'unicode_names': """
# %%
größe = 3
π = 3.14
# %%
größe * π
""",
        'future': """
# %%
from __future__ import annotations
from typing import Any
x: dict[str, Any] = {}
# %%
x['a'] = 1
x['a']
""",
        'json_any': """
# %%
import json
d = json.loads('{"a": [1, {"b": 2}]}')
d['a'][1]['b']
d['a'].append(3)
# %%
for k, val in d.items():
    print(k, val)
""",
        'regex_groups': r"""
# %%
import re
m = re.search(r'(\d+)', 'abc 123')
m.group(1)
# %%
int(m.group(1)) + len(re.findall('a', 'aaa'))
a, b = re.match('(.)(.)', 'xy').groups()
""",
        'split_unpack': """
# %%
a, b = 'x=y'.split('=')
first, *rest = [1, 2, 3]
(c, d), e = (1, 2), 3
k, v = next(iter({'a': 1}.items()))
# %%
a + b
""",
        'counter_defaultdict': """
# %%
from collections import Counter, defaultdict
c = Counter(i['state'] for i in await search_issues(state='all'))
c.most_common(1)[0][0]
d = defaultdict(list)
for i in await search_issues():
    d[i['state']].append(i['number'])
# %%
d['open'].append(5)
c['zzz'] += 1
""",
        'dataclass': """
# %%
from dataclasses import dataclass, field
@dataclass
class P:
    x: int
    tags: list = field(default_factory=list)
p = P(1)
p.tags.append('a')
p.x = 'str'
# %%
p.x.upper()
P(x=3, tags=['q']).tags[0]
""",
        'string_methods_on_union': """
# %%
v = '5' if len(await search_issues()) > 2 else 5
str(v).upper()
n = int(v) + 1
# %%
v = [v]
v.append(1)
""",
        'none_default_attr': """
# %%
class Node:
    def __init__(self, v):
        self.v = v
        self.next = None
a = Node(1)
a.next = Node(2)
a.next.v
# %%
n = a
while n:
    print(n.v)
    n = n.next
""",
        'generic_any_rows': """
# %%
rows = await run_query('visits')
rows[0]['page'] if rows else None
[r['x'] for r in rows if 'x' in r]
""",
        'dict_of_functions': """
# %%
ops = {'add': lambda a, b: a + b, 'neg': lambda a: -a}
ops['add'](1, 2)
ops['neg'](1)
""",
        'chained_compare_none': """
# %%
def find(n):
    for i in issues:
        if i['number'] == n:
            return i
issues = await search_issues()
find(101)['title']
""",
        'delayed_global_in_async': """
# %%
async def load():
    global people
    people = await find_people()
await load()
# %%
people[0]['name']
# %%
people = {p['name']: p for p in people}
people['x'] = 1
""",
        'exception_attrs': """
# %%
try:
    1 / 0
except ZeroDivisionError as exc:
    saved = exc
# %%
saved.args
str(saved)
""",
        'exception_name_reuse': """
# %%
for n in (1, 2):
    try:
        if n == 2: raise ValueError('x')
    except ValueError as e:
        msgs = [str(e)]
# %%
e = 5
e + 1
""",
        'enumerate_zip': """
# %%
for i, (a, b) in enumerate(zip([1], ['x'])):
    pass
pairs = list(zip([1, 2], 'ab'))
x, y = pairs[0]
""",
        'sentinel_object': """
# %%
missing = object()
d = {}
x = d.get('a', missing)
x is missing
""",
        'datetime_stuff': """
# %%
from datetime import datetime, timedelta, date, timezone
now = datetime(2026, 1, 1, tzinfo=timezone.utc)
(now + timedelta(days=1)).isoformat()
(now - datetime(2025, 1, 1, tzinfo=timezone.utc)).total_seconds()
now.date().year
# %%
d = (await deploys())[0]
d['at'].strftime('%Y')
d['took'].total_seconds()
d['version'][0]
major, minor, patch = d['version']
""",
        'tool_in_fstring': """
# %%
print(f"{(await get_issue(101))['title']!r:>10} {len(await search_issues())}")
name = 'x'
f"{name.upper()} {name:{10}}"
""",
        'list_record_param': """
# %%
lines = [{'sku': 'KET-1', 'quantity': 1}]
addr = {'street': 's', 'city': 'c', 'zip': 'z'}
q = await quote_shipping(addr, 1)
pid = (await find_people())[0]['id']
await place_order(pid, lines, addr)
""",
        'partial_address': """
# %%
addr = {'street': 's'}
addr['city'] = 'c'
addr['zip'] = '1'
await quote_shipping(addr, 2.0)
# %%
base = {'street': 's', 'city': 'c'}
await quote_shipping({**base, 'zip': '1'}, 2.0)
await quote_shipping(base | {'zip': '1'}, 2.0)
await quote_shipping(dict(base, zip='1'), 2.0)
""",
        'error_expected_tool': """
# %%
try:
    await get_issue('not a number')
except Exception as e:
    print('expected', e)
""",
        'inner_class_scope': """
# %%
class A:
    x = 1
    def get(self):
        return self.x
    def set(self, v):
        self.x = v
        self.late = v
a = A()
a.set('q')
a.late.upper()
a.get()
""",
        'del_like': """
# %%
cache = {'a': 1}
cache.pop('a')
cache = None
cache = []
cache.append(1)
""",
        'ellipsis_body': """
# %%
def todo(): ...
class Empty: ...
todo()
""",
        'multiple_assign': """
# %%
a = b = []
a.append(1)
b.append('x')
b[1].upper()
c = d = await get_issue(101)
c['extra'] = 1
d['extra']
""",
        'loop_carried_type': """
# %%
prev = None
for i in await search_issues():
    if prev:
        print(prev['number'] - i['number'])
    prev = i
acc = 0
for i in range(3):
    acc = acc + i if i else [acc][0]
# %%
acc + 1
""",
        'json_roundtrip_records': """
# %%
import json
i = await get_issue(101)
j = json.loads(json.dumps({'a': i['title']}))
j['a']['b'] if isinstance(j['a'], dict) else j['a']
""",
        'string_key_vars': """
# %%
key = 'title'
i = await get_issue(101)
i[key]
for f in ('title', 'number'):
    print(i[f])
{k: v for k, v in i.items() if v}
list(i.values())
""",
        'filter_map': """
# %%
big = list(filter(lambda i: i['number'] > 101, await search_issues()))
big[0]['title'] if big else None
nums = list(map(int, ['1', '2']))
nums[0] + 1
titles = list(map(lambda i: i['title'], await search_issues()))
titles[0].upper() if titles else ''
""",
        'sum_start': """
# %%
from decimal import Decimal
t = sum((o['total'] for o in await list_orders()), Decimal(0))
t.quantize(Decimal('0.01'))
t2 = sum(o['total'] for o in await list_orders())
round(t2, 2)
""",
        'name_main': """
# %%
async def main():
    return await get_issue(101)
if __name__ == '__main__':
    r = await main()
r['title']
""",
        'shadow_in_comprehension': """
# %%
ids = [notify for notify in range(3)]
await notify('#x', 'y')
# %%
[stock for stock in [1, 2]]
await stock('KET-1')
""",
        'conditional_binding_of_tool_name': """
# %%
if len(await search_issues()) > 100:
    forecast = 3
# %%
x = await forecast('Oslo')
""",
        'list_mutated_by_alias': """
# %%
issues = await search_issues()
alias = issues
alias.append('not an issue')
issues[-1].upper()
# %%
def grow(xs):
    xs.append({'foo': 1})
grow(issues)
issues[-1]['foo']
""",
        'record_key_replaced': """
# %%
i = await get_issue(101)
i['title'] = ['a', 'b']
i['title'].append('c')
# %%
i['title'].append('d')
i['number'] = None
i['labels'] = {'a': 1}
i['labels']['a']
""",
        'nested_record_changed': """
# %%
w = await get_weather('Oslo')
w['wind']['gust'] = 5
w['wind']['gust']
# %%
o = (await list_orders())[0]
o['lines'].append({'sku': 'X', 'gift': True})
o['lines'][-1]['gift']
for line in o['lines']:
    line['total'] = 1
o['lines'][0]['total']
""",
        'augmented_attr': """
# %%
class S:
    n = 0
S.n += 1
s = S()
s.n = 'x'
s.n.upper()
s.extra = 1
s.extra + 1
""",
        'print_function_attr': """
# %%
def f(): return 1
f.__name__ if hasattr(f, '__name__') else 'f'
""",
        'tz_union': """
# %%
i = await get_issue(104)
if i['closed_at']:
    i['closed_at'].isoformat()
(i['assignee'] or {}).get('name')
who = i['assignee']['name'] if i['assignee'] else None
a = i['assignee'] or {'name': 'nobody'}
a['name'].upper()
""",
        'or_default_records': """
# %%
p = await get_person('00000000-0000-4000-8000-000000000000') or {'nick': 'zed'}
p['nick'] if 'nick' in p else p['name']
# %%
p.get('nick')
""",
        'lambda_default': """
# %%
get = lambda d, k='title': d[k]
get(await get_issue(101))
""",
        'star_expr': """
# %%
a, *b = await search_issues()
b[0]['title'] if b else a['title']
print(*[i['title'] for i in b], sep=', ')
""",
        'try_else_names': """
# %%
try:
    val = int('x')
except ValueError:
    pass
else:
    ok = val
# %%
try:
    ok
except NameError:
    ok = None
ok
""",
        'async_comprehension': """
# %%
r = [await get_issue(n) for n in (101, 102)]
d = {n: (await get_issue(n))['title'] for n in (101,)}
d[101].upper()
g = sum([len(x['title']) for x in r])
""",
        'very_nested': """
# %%
r = {'a': {'b': [{'c': (1, [2])}]}}
r['a']['b'][0]['c'][1].append(3)
r['a']['new'] = 1
r['a']['new'] + 1
""",
        'bytes_and_hash': """
# %%
import hashlib, base64
h = hashlib.sha256(b'x').hexdigest()
base64.b64encode(b'x').decode()
""",
        'global_at_top': """
# %%
global counter
counter = 1
# %%
def inc():
    global counter
    counter += 1
inc()
counter
""",
        'assign_in_if_used': """
# %%
flag = True
if flag:
    val = 'x'
val.upper()
# %%
if not flag:
    other = 1
print(val)
""",
        'exit_like': """
# %%
rows = await search_issues(state='all')
if not rows:
    raise SystemExit
len(rows)
# %%
rows[0]['title']
""",
        'raise_in_middle_then_names': """
# %%
# raises: AssertionError
x = 5
y = await get_issue(101)
z = y['nope_missing'] if False else y['title']
assert x == 6, 'boom'
w = 1
# %%
z + str(x)
""",
        'quoted_types': """
# %%
x: 'Issue' = await get_issue(101)
x['title']
y: 'list[Nope]' = []
y.append(1)
""",
        'tool_names_bound_in_every_way': """
# %%
f = lambda notify, *, stock=3: notify(stock)
f(str)
try:
    1 / 0
except ZeroDivisionError as refund:
    print(refund)
match {'a': [1, 2]}:
    case {'a': [reserve, *forecast]}:
        print(reserve + 1, forecast[0])
# %%
def g(*deploys, **calendar):
    for coordinates in deploys:
        print(coordinates(3))
    return calendar['x']
g(str, x=1)
""",
        'method_named_like_a_tool': """
# %%
class Shop:
    def stock(self, n, m=1):
        return n * m
    def notify(self):
        return self.stock(3, m=4)
Shop().notify()
Shop().stock(n=3)
""",
        'record_given_for_another_record': """
# %%
draft = {'sku': 'KET-1', 'quantity': 1}
o = (await list_orders())[0]
pid = o['customer_id']
addr = {'street': 'a', 'city': 'b', 'zip': 'c'}
await place_order(pid, o['lines'], addr)
""",
        'validation_error_expected': """
# %%
try:
    await close_issue(102, reason='whatever')
except ValueError as e:
    print('refused')
try:
    await get_order()
except (TypeError, ValueError):
    print('needs an id')
for bad in ('x', 'y'):
    try:
        await rollback('api', bad)
    except Exception as e:
        print(type(e).__name__)
""",
        'augmented_names': """
# %%
match 3:
    case n:
        pass
n += 1
try:
    raise KeyError('a')
except KeyError as err:
    text = 'x'
    text += str(err)
import math as m2
count = 0
for _ in range(2):
    count += 1
# %%
n += 1
count += n
""",
        'none_and_falsy_narrowing': """
# %%
i = await get_issue(103)
a = i['assignee']
if not a:
    a = {'name': 'x', 'nick': 'y'}
    a['nick']
name = a and a['name']
days = (i['closed_at'] or i['opened_at']).day
est = i['estimate'] and i['estimate'].total_seconds()
""",
        'string_formatting': """
# %%
i = await get_issue(101)
'{title} {number}'.format(**i)
'%(title)s' % i
print('{0[title]}'.format(i))
f"{i['title']:<20}|{i['number']:>5}|{i['opened_at']:%Y-%m-%d}"
""",
        'unpack_optional': """
# %%
c = await coordinates('Oslo')
if c is not None:
    lat, lon = c
x, y = (await coordinates('Oslo')) or (0, 0)
# %%
status, rate, p95 = await service_health('api')
(s, *rest) = await service_health('web')
rest[0]
""",
        'dict_view_ops': """
# %%
levels = await stock('KET-1')
for w, n in levels.items():
    print(w, n)
best = max(levels, key=lambda w: levels[w])
levels['extra'] = 3
levels.get('zzz', 0) + sum(levels.values())
sorted(levels.items(), key=lambda kv: kv[1])[0][0].upper()
""",
        'conditional_expression_types': """
# %%
fn = search_issues if 1 else find_people
r = await fn('x')
v = [1] if r else {'a': 1}
v['a'] if isinstance(v, dict) else v[0]
w = (1, 2) if r else (1, 2, 3)
a, *b = w
""",
        'generators_and_iter': """
# %%
g = (i['title'] for i in await search_issues())
first = next(g)
first.upper()
it = iter([1, 'a'])
next(it) + 1
next(it).upper()
""",
        'sets_and_frozen': """
# %%
i = await get_issue(101)
i['labels'] & {'bug'}
i['labels'].add('x')
sorted(i['labels'])[0].upper()
labels = set()
for j in await search_issues():
    labels |= j['labels']
len(labels)
""",
        'class_holding_records': """
# %%
class Cart:
    def __init__(self, lines):
        self.lines = lines
        self.total = None
    def add(self, line):
        self.lines.append(line)
        self.total = sum(l['quantity'] for l in self.lines)
        return self
c = Cart([])
c.add({'sku': 'KET-1', 'quantity': 2}).add({'sku': 'PAN-2', 'quantity': 1})
c.total + 1
# %%
c.lines[0]['sku'].lower()
c.discount = 3
c.discount + c.total
""",
        'title_attribute_of_own_class_in_record_list': """
# %%
class Card:
    def __init__(self, title):
        self.title = title
cards = [Card(i['title']) for i in await search_issues()]
[c.title for c in cards]
# %%
cards.append(Card('x'))
for c in cards:
    print(c.title.upper())
""",
        'rebinding_over_cells_and_failures': """
# %%
data = await search_issues()
# %%
# raises: KeyError
data = {d['number']: d for d in data}
data['boom']
# %%
data[101]['title']
# %%
data = list(data.values())[0]
data['title']
""",
        'shadowed_then_local_function': """
# %%
def notify(channel, text, urgent=False):
    return (channel, text, urgent)
notify('#a', 'b', urgent=True)[0]
# %%
notify('#c', 'd')[2]
""",
        'own_class_named_like_type': """
# %%
class Issue:
    def __init__(self, n):
        self.n = n
Issue(3).n
# %%
x = Issue(4)
isinstance(x, Issue)
""",
        'list_slices_and_steps': """
# %%
rows = await search_issues(state='all')
rows[:2][0]['title']
rows[::-1][0]['number']
[*rows, {'title': 'x'}][-1]['title']
(rows + [{'only': 1}])[-1]['only']
""",
        'dict_of_records_with_additions': """
# %%
idx = {}
for i in await search_issues():
    idx[i['number']] = dict(i, seen=True)
idx[101]['seen']
view = {n: {**r, 'rank': k} for k, (n, r) in enumerate(idx.items())}
view[101]['rank'] + 1
""",
        'merge_two_tools': """
# %%
people = {p['id']: p for p in await find_people()}
for o in await list_orders():
    o['who'] = people.get(o['customer_id'], {}).get('name')
    o.update(lines_count=len(o['lines']))
# %%
[1 for _ in range(3)]
""",
        'late_key': """
# %%
orders = await list_orders()
for o in orders:
    o['margin'] = 1
def show(o):
    return o['margin']
# %%
sorted(orders, key=lambda o: o['margin'])[0]['margin']
[show(o) for o in orders]
""",
        'loop_variable_types': """
# %%
for row in [1, 'a', None, [2]]:
    if isinstance(row, list):
        row.append(1)
    elif isinstance(row, str):
        row.upper()
    elif row is not None:
        row + 1
for k in {'a': 1}:
    k.upper()
for idx, row in enumerate(await search_issues()):
    row['title'], idx + 1
""",
        'text_that_looks_like_code': """
# %%
code = '''
await search_issues(qeury='x')
undefined_name
'''
print(code, "search_issues(nope=1)")
# await get_issue(nope=1)
""",
        'line_continuations': r"""
# %%
total = 1 + \
    2 + \
    3
text = 'a' \
    'b'
if total > 3 and \
        text:
    x = (total
         + 1)
x
""",
        'async_helper_with_default_tool': """
# %%
async def each(fn, xs):
    return [await fn(x) for x in xs]
r = await each(get_issue, [101, 102])
r[0]['title']
async def retry(fn, *args, times=3, **kwargs):
    for n in range(times):
        try:
            return await fn(*args, **kwargs)
        except Exception as e:
            last = e
    raise last
await retry(search_issues, 'x', times=2, state='open')
""",
        'conditional_import_alias': """
# %%
try:
    import zoneinfo as tz
except Exception:
    tz = None
import json as j, math
j.dumps({'a': math.pi})
from datetime import datetime as dt, timedelta as td
(dt(2026, 1, 1) + td(days=1)).date()
""",
        'global_statement_order': """
# %%
def a():
    return shared
shared = 1
a()
def b():
    global shared
    shared = [shared]
b()
# %%
shared.append(2)
shared[0]
""",
    }
)

SANDBOX_TRAPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        'return_top': """
# %%
x = await get_issue(101)
if x['state'] == 'open':
    return x['title']
y = 3
# %%
x['number']
""",
        'while_true_return': """
# %%
n = 0
while True:
    n += 1
    if n > 3:
        return n
# %%
n + 1
""",
        'help_and_search': """
# %%
print(help('get_issue'))
search_tools('refund')
help(get_issue)
""",
        'asyncio_run': """
# %%
import asyncio
async def main():
    return await get_issue(101)
r = asyncio.run(main())
r['title']
""",
    }
)
