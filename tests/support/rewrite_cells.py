"""Cells that need a rewrite, by its kind: what CPython runs and Monty does not."""

from __future__ import annotations

CELLS: dict[str, list[str]] = {
    'method-value': [
        'd = {"a": 1, "b": 2}\nmax(d, key=d.get)',
        'sorted(["B", "a"], key=str.lower)',
        'sorted(["B", "a"], key=str.lower, reverse=True)',
        'list(map(str.strip, [" a "]))',
        'list(map({"a": 1}.get, ["a", "b"]))',
        'list(map(", ".join, [["a", "b"]]))',
        'from datetime import date\nlist(map(date.fromisoformat, ["2024-01-05"]))[0].day',
        'from dataclasses import dataclass, field\nfrom datetime import date\n@dataclass\nclass P:\n'
        '    at: date = field(default_factory=date.today)\nP().at == date.today()',
        'list(filter(str.isdigit, ["1", "a"]))',
        'list(map(str.replace, ["ab"], ["a"], ["x"]))',
        'x = [3, 1]\nx.sort(key={3: 1, 1: 2}.get)\nx',
        'calls = []\ndef table():\n    calls.append(1)\n    return {2: 1, 1: 2}\n(min([1, 2], key=table().get), calls)',
        'rows = {"é": {"ü": 3, "a": 1}}\nf"{min(rows[\'é\'], key=rows[\'é\'].get)} ö"',
        'import itertools\n[(k, list(g)) for k, g in itertools.groupby(["a", "A", "b"], key=str.lower)]',
    ],
    'method-call': [
        'str.lower("A") + str.join(",", ["a", "b"])',
        'str.replace("aXb", "X", "-")',
        'dict.get({"a": 1}, "b", 2)',
        'str.split("a,b", sep=",")',
        'list(map(lambda s: str.strip(s), [" a"]))',
    ],
    'operator': [
        'from operator import itemgetter\nsorted([{"a": 2}, {"a": 1}], key=itemgetter("a"))',
        'import operator\n[operator.itemgetter("a", "b")(r) for r in [{"a": 2, "b": 1}]]',
        'from operator import attrgetter\nfrom dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n'
        'max([P(1), P(3)], key=attrgetter("x")).x',
        'import functools, operator\nfunctools.reduce(operator.mul, [2, 3], 1)',
        'from functools import reduce\nfrom operator import add, or_\n(reduce(add, [1, 2]), reduce(or_, [{1}, {2}]))',
    ],
    'set-method': [
        'a, b, c = {1, 2, 3}, {2, 3}, {3}\n(a.union(b, c), a.intersection(b, c), a.difference(b, [9]))',
        'sorted({1}.union(\n    {2},  # two, and\n    {3},\n))',
        's = {1}\ns.update([2], (3,))\ns',
        'set.union(*[{1}, {2}])',
        'set.intersection(*[{1, 2}, {2}, {2, 3}])',
        'set().union(*[[1], [2]])',
        'base = {1}\nmore = base.union(*[])\nmore.add(5)\n(base, more)',
        'only = {1}\nmore = set.union(*[only])\nmore.add(5)\n(only, more)',
        'frozenset([1]).union(*(x for x in [[2], [3]]))',
    ],
    'json-default': [
        'import json, datetime\n'
        'json.dumps({"a": datetime.date(2024, 1, 1), "b": [1, (2, {3})], "c": None, 4: True}, default=str)',
        'import json\ndef plain(o):\n    if isinstance(o, set):\n        return sorted(o)\n    raise TypeError("no")\n'
        'json.dumps({"a": {1, 2}}, indent=1, default=plain)',
        'import json\njson.dumps(\n    {"a": {1}},\n    default=list,\n)',
        'import json\njson.dumps([1.5, "x"], default=None)',
        'import json\nfrom decimal import Decimal\nfor x in [Decimal("1.1")]:\n    r = json.dumps({"x": x}, default=float)\nr',
    ],
    'text-buffer': [
        'import csv, io\nlist(csv.reader(io.StringIO("a,b\\n\\"x\\ny\\",2\\n")))',
        'import csv\nfrom io import StringIO\nf = StringIO("a,b\\n1,2")\nlist(csv.DictReader(f))',
    ],
    're-sub': [
        'import re\nre.sub(r"\\d+", lambda m: str(int(m.group()) + 1), "a1b22")',
        'import re\ndef up(m):\n    return m.group(1).upper()\nre.sub(r"(\\w)x", up, "axbx", count=1)',
        'import re\np = re.compile("[a-c]", re.I)\np.sub(lambda m: "<" + m.group() + ">", "xAbz")',
        'import re\nre.sub("q+", lambda m: "-", "abxd")',
        'import re\nre.sub("A", lambda m: "b", "aa", flags=re.IGNORECASE)',
    ],
    'hasattr': [
        '(hasattr({}, "get"), hasattr([], "get"), hasattr("", "__len__"), hasattr(3, "__iter__"))',
        'import datetime\n[x.isoformat() if hasattr(x, "isoformat") else x for x in [datetime.date(2024, 1, 1), 3]]',
    ],
    'strptime': [
        f'from datetime import datetime\nstr(datetime.strptime({text!r}, {pattern!r}))'
        for text, pattern in (
            ('2024-01', '%Y-%m'),
            ('10:30', '%H:%M'),
            ('2024', '%Y'),
            ('March 2024', '%B %Y'),
            ('Jan 5', '%b %d'),
            ('24', '%y'),
            ('Mon', '%a'),
        )
    ],
    'timedelta': [
        'from datetime import timedelta\n(timedelta(hours=1.5), timedelta(days=-0.25), timedelta(1.5, 2))',
        'import datetime as dt\n(dt.timedelta(milliseconds=2.5), dt.timedelta(0.0))',
    ],
    'date': [
        'from datetime import datetime, timezone\nstr(datetime.fromtimestamp(1700000000.123456, tz=timezone.utc))',
        'from datetime import datetime, timezone, timedelta\n'
        'str(datetime.fromtimestamp(1700000000, timezone(timedelta(hours=2))))',
        'import datetime\nstr(datetime.datetime.utcfromtimestamp(-1.5))',
        'import datetime as dt\n'
        '((dt.datetime.utcnow() - dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)).days, dt.datetime.utcnow().tzinfo)',
    ],
    'isocalendar': [
        'from datetime import date\ndate(2024, 12, 30).isocalendar().week',
        'from datetime import datetime, timezone\n'
        'c = datetime(2021, 1, 3, tzinfo=timezone.utc).isocalendar()\n'
        '(tuple(c), c.year, c.week, c.weekday, c[1], c[:2], c == (2020, 53, 7), hash(c) == hash((2020, 53, 7)))',
        'from datetime import date\nyear, week, _ = (date(9999, 12, 31)).isocalendar()\n(year, week)',
        'from datetime import date\nf"{date(1, 1, 1).isocalendar()[0]} {(date(999, 1, 1)).isocalendar().year}"',
        'from datetime import date\nsorted([date(2024, 5, 1), date(2023, 1, 1)], key=lambda day: day.isocalendar())[0].year',
        'from datetime import date\n(date(2024, 5, 1)\n .isocalendar()[1])',
    ],
    'next': [
        'next((x for x in [1, 2] if x > 1), None)',
        'next(x for x in [1, 2] if x > 1)',
        'next( (x for x in [1, 2] if x > 5), "none" )',
        'next(filter(None, [0, 5]), None)',
        'next(map(str, [1]))',
    ],
    'iterator': [
        'g = (x * 2 for x in [1, 2, 3])\na = next(g)\n(a, list(g), list(g))',
        'it = map(str, [1, 2])\n(next(it), list(it))',
        'g = (x for x in [1, 2])\n(sum(g), sum(g))',
    ],
    'del': [
        'd = {"a": 1, "b": 2}\ndel d["a"]\nd',
        'l = [1, 2, 3, 4]\ndel l[0], l[-1]\nl',
        'l = [1, 2, 3, 4]\ndel l[1:3]\nl',
        'x = 1\ndel x\n2',
        'x = {"a": [1, 2, 3]}\nfor k in list(x):\n    if k == "a":\n        del x[k][0]  # the first\nx',
        'from collections import Counter\nc = Counter("aab")\ndel c["zz"]\nc["a"]',
        'd = {(1, 2): 3, 4: 5}\ndel d[1, 2]\nd',
        'd = {"a": 1}\ntry:\n    del d["z"]\nexcept KeyError as error:\n    r = str(error)\nr',
    ],
    'comprehension-name': [
        '[id for id in range(3)]',
        '{type: len for type, len in [(1, 2)]}',
        'sum(len for len in [1, 2])',
        '[[max for max in range(min)] for min in range(3)]',
        '[[id, (lambda: id)()] for id in [1]]',
        'f"{[id for id in [1]]}"',
        '[f"{id}-{type!r:>4}" for id, type in [(1, "a")]]',
        '[x for list in [[1], [2]] for x in list if x]',
        'id_ = 5\n[id + id_ for id in [1]]',
    ],
    'alias': [
        'try:\n    raise IOError("x")\nexcept EnvironmentError as e:\n    r = str(e)\nr',
        'import asyncio\ntry:\n    raise TimeoutError("x")\nexcept asyncio.TimeoutError as e:\n    r = str(e)\nr',
        'try:\n    raise ConnectionError("x")\nexcept (ValueError, ConnectionError) as e:\n    r = str(e)\nr',
        'from datetime import UTC, datetime\nstr(datetime(2024, 1, 1, tzinfo=UTC))',
        'import datetime as dt\nstr(dt.datetime(2024, 1, 1, tzinfo=dt.UTC))',
    ],
    'base': [
        'class A(object):\n    x = 1\nA.x',
        'from typing import TypedDict\nclass Row(TypedDict, total=False):\n    x: int\n'
        'def f(row: Row) -> int:\n    return row["x"]\nf({"x": 1})',
    ],
    'dataclass-option': [
        'from dataclasses import dataclass\n@dataclass(slots=True, kw_only=True)\nclass P:\n    x: int\n    y: int = 2\nP(x=1).y',
        'import dataclasses\n@dataclasses.dataclass(frozen=True, slots=True)\nclass P:\n    x: int\nP(1).x',
        'from dataclasses import dataclass\n@dataclass(slots=True, frozen=True)\nclass P:\n    x: int\nP(1).x',
    ],
    'wraps': [
        'import functools\ndef deco(f):\n    @functools.wraps(f)\n    def inner(*a):\n        return f(*a) + 1\n'
        '    return inner\n@deco\ndef g(x):\n    return x\ng(1)',
        'from functools import wraps\ndef deco(f):\n    @wraps(f)\n    def inner(*a):\n        return f(*a) + 1\n'
        '    return inner\n@deco\ndef g(x):\n    return x\ng(1)',
    ],
    'unused-import': [
        'import logging, json\njson.dumps(1)',
        'from typing import Any, Awaitable, Callable, cast\nfrom collections.abc import Iterable\n'
        'def f(a: Awaitable[int], b: Iterable[int], c: Callable[[], Any]) -> Any:\n    return a\nf(1, 2, 3)',
        'from collections.abc import (\n    Iterable,\n    Callable as Function,\n)\n'
        'def f(a: Iterable[int], b: Function[[], int]) -> int:\n    return 2\nf(1, 2)',
        'def f():\n    import textwrap  # for later\n    return 1\nf()',
        'import uuid\ndef f(a: uuid.UUID) -> int:\n    return 1\nf(1)',
    ],
    'wildcard': ['from math import *\nsqrt(floor(4.5))'],
    'task': [
        'import asyncio\nasync def f(x):\n    return x\ntasks = [asyncio.create_task(f(i)) for i in range(2)]\n'
        'await asyncio.gather(*tasks)',
        'import asyncio\nasync def f(x):\n    return x\nt = asyncio.create_task(f(1), name="one")\n'
        'u = asyncio.ensure_future(f(2))\n(await t, await u)',
        'from asyncio import create_task\ndone = []\nasync def f(x):\n    done.append(x)\n'
        'async def main():\n    t = create_task(f(1))\n    await t\nawait main()\ndone',
    ],
    'gather': [
        'import asyncio\nasync def f(x):\n    if x == 2:\n        raise ValueError("two")\n    return x\n'
        'r = await asyncio.gather(f(2), *[f(i) for i in (1, 2)], return_exceptions=True)\n'
        '([str(x) for x in r], [isinstance(x, ValueError) for x in r])',
        'import asyncio\nasync def f(x):\n    raise KeyError(str(x))\nasync def main():\n'
        '    return [repr(x) for x in await asyncio.gather(*(f(i) for i in (1, 2)), return_exceptions=True)]\nawait main()',
        'import asyncio\nasync def f(x):\n    return x\nawait asyncio.gather(f(1), return_exceptions=False)',
    ],
}  # fmt: skip
"""Cells by the rewrite they need."""

WITH_TOOLS: dict[str, list[str]] = {
    'map-tool': [
        'import asyncio\nawait asyncio.gather(*map(search, "ab"))',
        'list(map(lock, "ab"))',
        'import asyncio\n[await call for call in map(search, "ab")]',
    ],
    'task': [
        'import asyncio\nt = asyncio.create_task(search("a"))\nu = asyncio.create_task(search("b"))\n(await t, await u)',
    ],
    'gather': [
        'import asyncio\nr = await asyncio.gather(search("a"), fail("b"), return_exceptions=True)\n'
        '(r[0], str(r[1]), isinstance(r[1], OSError))',
    ],
    'alias': [
        'try:\n    await fail("a")\nexcept ConnectionError as error:\n    r = str(error)\nr',
        'try:\n    await fail("a")\nexcept (KeyError, ConnectionResetError, ConnectionError) as error:\n    r = str(error)\nr',
    ],
}  # fmt: skip

AWAITED = [
    ("rows = search('a')\nlen(rows)", "rows = await search('a')\nlen(rows)"),
    ("search('a')[0]['id']", "(await search('a'))[0]['id']"),
    ("get('a').get('size')", "(await get('a')).get('size')"),
    ("[r['n'] for r in search('a')]", "[r['n'] for r in await search('a')]"),
    ("[get(k)['size'] for k in 'ab']", "[(await get(k))['size'] for k in 'ab']"),
    ("[r for k in 'ab' for r in search(k) if get(r['id'])]", "[r for k in 'ab' for r in await search(k) if await get(r['id'])]"),
    ("{k: get(k) for k in 'ab'}", "{k: await get(k) for k in 'ab'}"),
    ("for r in search('a'):\n    x = r\nx", "for r in await search('a'):\n    x = r\nx"),
    ("total = 0\nfor r in search('a'):\n    total += get(r['id'])['size']\ntotal",
     "total = 0\nfor r in await search('a'):\n    total += (await get(r['id']))['size']\ntotal"),
    ("f\"{len(search('a'))} of {get('b')['id']!r:>4}\"", "f\"{len(await search('a'))} of {(await get('b'))['id']!r:>4}\""),
    ("'yes' if search('a') else 'no'", "'yes' if await search('a') else 'no'"),
    ("if not search('a'):\n    r = 1\nelse:\n    r = 2\nr", "if not await search('a'):\n    r = 1\nelse:\n    r = 2\nr"),
    ("while (page := get('x'))['size'] > 3:\n    pass\npage", "while (page := await get('x'))['size'] > 3:\n    pass\npage"),
    ("a, b = search('x')\na['id']", "a, b = await search('x')\na['id']"),
    ("a, b = search('x'), get('y')\n(a[0], b['id'])", "a, b = await search('x'), await get('y')\n(a[0], b['id'])"),
    ("sorted(search('a'), key=lambda r: -r['n'])[0]", "sorted(await search('a'), key=lambda r: -r['n'])[0]"),
    ("results = []\nfor k in 'ab':\n    results.append(get(k))\nresults", "results = []\nfor k in 'ab':\n    results.append(await get(k))\nresults"),
    ("d = {}\nfor k in 'ab':\n    d[k] = get(k)\n[d[k]['size'] for k in d]", "d = {}\nfor k in 'ab':\n    d[k] = await get(k)\n[d[k]['size'] for k in d]"),
    ("pairs = [(k, get(k)) for k in 'ab']\n{k: v['size'] for k, v in pairs}", "pairs = [(k, await get(k)) for k in 'ab']\n{k: v['size'] for k, v in pairs}"),
    ("rows = {k: {'detail': get(k)} for k in 'ab'}\nfor k, row in rows.items():\n    print(row['detail']['size'])\nlen(rows)",
     "rows = {k: {'detail': await get(k)} for k in 'ab'}\nfor k, row in rows.items():\n    print(row['detail']['size'])\nlen(rows)"),
    ("import json\njson.dumps(get('a'))", "import json\njson.dumps(await get('a'))"),
    ("notify(get('a'))\n1", "await notify(await get('a'))\n1"),
    ("x = search('a') or []\nlen(x)", "x = await search('a') or []\nlen(x)"),
    ("[*search('a'), *search('b')]", "[*await search('a'), *await search('b')]"),
    ("{**get('a'), 'x': 1}", "{**await get('a'), 'x': 1}"),
    ("get('a')", "await get('a')"),
    ("search = search('a')\nsearch[0]", "search = await search('a')\nsearch[0]"),
    ("assert search('a'), 'none'\n1", "assert await search('a'), 'none'\n1"),
    ("async def load(k):\n    return get(k)\nawait load('a')", "async def load(k):\n    return await get(k)\nawait load('a')"),
    ("async def load(k):\n    row = get(k)\n    return row['size']\nload('abc')", "async def load(k):\n    row = await get(k)\n    return row['size']\nawait load('abc')"),
    ("async def load(k):\n    return k\nrows = [load(k) for k in 'ab']\nprint(rows)\nrows", "async def load(k):\n    return k\nrows = [await load(k) for k in 'ab']\nprint(rows)\nrows"),
    ("x = 2 ** len(get('a')) + -get('b')['size']\nx", "x = 2 ** len(await get('a')) + -(await get('b'))['size']\nx"),
    ("é = 'ü'; y = get(é)['size']; y", "é = 'ü'; y = (await get(é))['size']; y"),
    ("calls = [get(k) for k in 'ab']\ntotal = 0\nfor i, c in enumerate(calls):\n    total += c['size'] * i\ntotal",
     "calls = [await get(k) for k in 'ab']\ntotal = 0\nfor i, c in enumerate(calls):\n    total += c['size'] * i\ntotal"),
    ("max(search('a'), key=lambda r: r['n'])['id']", "max(await search('a'), key=lambda r: r['n'])['id']"),
    ("table = {}\nfor k in 'ab':\n    table.setdefault(k, []).append(1)\n    table[k] += search(k)\nlen(table['a'])",
     "table = {}\nfor k in 'ab':\n    table.setdefault(k, []).append(1)\n    table[k] += await search(k)\nlen(table['a'])"),
]  # fmt: skip
"""Cells as written, and as they should have been."""

LEFT = [
    "tasks = [get(k) for k in 'ab']\nawait asyncio.gather(*tasks)",
    "a = get('a')\nb = get('b')\nawait asyncio.gather(a, b)",
    "await asyncio.gather(*[get(k) for k in 'ab'])",
    "await asyncio.gather(*(get(k) for k in 'ab'), search('c'))",
    "calls = {k: get(k) for k in 'ab'}\nfor k, c in calls.items():\n    print(k, await c)",
    "calls = {k: get(k) for k in 'ab'}\ndict(zip(calls, await asyncio.gather(*calls.values())))",
    "tasks = []\nfor k in 'ab':\n    tasks.append(get(k))\nresults = await asyncio.gather(*tasks)",
    "tasks = []\ntasks.extend([get('a')])\ntasks += [get('b')]\nawait asyncio.gather(*tasks)",
    "t = get('a')\nprint('started')\nx = await t",
    "t = get('a')\nx = (await t)['size']\nprint(t)",
    "load = lambda k: get(k)\nawait load('a')",
    "def load(k):\n    return get(k)\nawait load('a')",
    "async def both(c):\n    return [await c, await c]\nawait both(get('a'))",
    "def later(k):\n    return [get(k), get(k)]\nawait asyncio.gather(*later('a'))",
    "pending = [get(k) for k in 'ab']\nprint('started')",
    "asyncio.run(get('a'))",
    "class Box:\n    pass\nbox = Box()\nbox.call = get('a')\nawait box.call",
    "calls = [get('a')]\nwhile calls:\n    print(await calls.pop())",
    "first = [get('a'), get('b')][0]\nawait first",
    "x = y = get('a')\nprint(x['size'])\nawait y",
    "async def go():\n    global kept\n    kept = get('a')\nawait go()\nawait kept",
    "for call in [get('a'), get('b')]:\n    print(await call)",
    "for (i, call) in enumerate([get('a'), get('b')]):\n    print(i, await call)",
    "await (get('a') if 1 else get('b'))",
    "(lambda call: call)(get('a'))",
    "print(*[await call for call in (get('a'),)])",
]  # fmt: skip
"""Cells that keep a coroutine, or may."""

IMPORTED = [
    ('json.dumps([1])', 'import json; json.dumps([1])'),
    ('x = 1\nprint(json.dumps(x))', 'x = 1\nimport json; print(json.dumps(x))'),
    ('x = [\n    1,\n]; y = json.dumps(x)\ny', 'x = [\n    1,\n]; import json; y = json.dumps(x)\ny'),
    ('"""doc"""\nfrom __future__ import annotations\njson.dumps(1)', '"""doc"""\nfrom __future__ import annotations\nimport json; json.dumps(1)'),
    ('# first\nfor x in json.loads("[1]"):\n    r = x\nr', 'import json; # first\nfor x in json.loads("[1]"):\n    r = x\nr'),
    ('\nfor x in json.loads("[1]"):\n    r = x\nr', 'import json; \nfor x in json.loads("[1]"):\n    r = x\nr'),
    ('for x in [1]:\n    r = json.dumps(x)\nr', 'for x in [1]:\n    import json; r = json.dumps(x)\nr'),
    ('if True: r = json.dumps(1)\nr', 'if True: import json; r = json.dumps(1)\nr'),
    ('if False:\n    r = json.dumps(1)\nelse:\n    r = json.dumps(2)\nr', 'if False:\n    import json; r = json.dumps(1)\nelse:\n    import json; r = json.dumps(2)\nr'),
    ('try:\n    r = json.loads("x")\nexcept ValueError:\n    r = json.dumps(1)\nr', 'try:\n    import json; r = json.loads("x")\nexcept ValueError:\n    import json; r = json.dumps(1)\nr'),
    ('def f():\n    return json.dumps(1)\nf()', 'def f():\n    return json.dumps(1)\nimport json; f()'),
    ('def f():\n    return json.dumps(1)\n\nr = [f() for _ in "a"]\nr', 'def f():\n    return json.dumps(1)\n\nimport json; r = [f() for _ in "a"]\nr'),
    ('def f():\n    return json.dumps(1)\nfor _ in "a":\n    r = f()\nr', 'def f():\n    import json; return json.dumps(1)\nfor _ in "a":\n    r = f()\nr'),
    ('class K:\n    def m(self):\n        return json.dumps(3)\nK().m()', 'class K:\n    def m(self):\n        import json; return json.dumps(3)\nK().m()'),
    ('def f():\n\tif 1:\n\n\t\tfor x in [1]:\n\t\t\treturn json.dumps(x)\nfor _ in "a":\n\tr = f()\nr', 'def f():\n\tif 1:\n\n\t\tfor x in [1]:\n\t\t\timport json; return json.dumps(x)\nfor _ in "a":\n\tr = f()\nr'),
    ('match 1:\n    case 1:\n        r = math.floor(1.5)\nr', 'match 1:\n    case 1:\n        import math; r = math.floor(1.5)\nr'),
    ('os.path.join("a", "b")', 'import os; os.path.join("a", "b")'),
    ('datetime.datetime(2024, 1, 1).isoformat()', 'import datetime; datetime.datetime(2024, 1, 1).isoformat()'),
    ('datetime(2024, 1, 1).isoformat()', 'from datetime import datetime; datetime(2024, 1, 1).isoformat()'),
    ('datetime.fromisoformat("2024-01-01") - timedelta(days=1)', 'from datetime import datetime, timedelta; datetime.fromisoformat("2024-01-01") - timedelta(days=1)'),
    ('(date(2024, 1, 1), datetime.timedelta(1))', 'import datetime; from datetime import date; (date(2024, 1, 1), datetime.timedelta(1))'),
    ('isinstance(Decimal("1"), (int, Decimal))', 'from decimal import Decimal; isinstance(Decimal("1"), (int, Decimal))'),
    ('x = defaultdict(Counter)\nx["a"]["b"] += 1\ndict(x)', 'from collections import defaultdict, Counter; x = defaultdict(Counter)\nx["a"]["b"] += 1\ndict(x)'),
    ('x = 1\n@dataclass\nclass P:\n    x: int = 1\n    y: list = field(default_factory=list)\nP().y', 'from dataclasses import dataclass, field; x = 1\n@dataclass\nclass P:\n    x: int = 1\n    y: list = field(default_factory=list)\nP().y'),
    ('sqrt(4)', 'from math import sqrt; sqrt(4)'),
    ('reduce(lambda a, b: a + b, [1, 2])', 'from functools import reduce; reduce(lambda a, b: a + b, [1, 2])'),
    ('r = [(k, len(list(g))) for k, g in groupby([1, 1])]\nr', 'from itertools import groupby; r = [(k, len(list(g))) for k, g in groupby([1, 1])]\nr'),
    ('time.sleep\ntime.time() > 0', 'import time; time.sleep\ntime.time() > 0'),
    ('Path("a.txt").suffix', 'from pathlib import Path; Path("a.txt").suffix'),
    ('import math\njson.dumps(math.pi)', 'import math\nimport json; json.dumps(math.pi)'),
    ('f"{json.dumps([1])}"', 'import json; f"{json.dumps([1])}"'),
]  # fmt: skip


def all_cells() -> list[str]:
    """Every cell of these tables, as written."""
    tables = [source for table in (CELLS, WITH_TOOLS) for found in table.values() for source in found]
    return [*tables, *(written for written, _ in (*AWAITED, *IMPORTED)), *LEFT]
