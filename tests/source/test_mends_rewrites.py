"""Cells that CPython runs and Monty does not: once mended, Monty gives what CPython gives."""

from __future__ import annotations

import pytest
from support.cells import prepared
from support.interpreters import run_cpython, run_monty

from pydantic_ai_grail.diagnostics import MENDS

CELLS: dict[str, list[str]] = {
    'method-value': [
        'd = {"a": 1, "b": 2}\nmax(d, key=d.get)',
        'sorted(["B", "a"], key=str.lower)',
        'sorted(["B", "a"], key=str.lower, reverse=True)',
        'list(map(str.strip, [" a "]))',
        'list(map({"a": 1}.get, ["a", "b"]))',
        'list(map(", ".join, [["a", "b"]]))',
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
"""Cells by the mend they need."""

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


async def search(text: str) -> str:
    return text * 2


async def fail(text: str) -> str:
    raise ConnectionError(text)


def lock(text: str) -> str:
    return text


TOOLS = {'search': search, 'fail': fail, 'lock': lock}


def _cases(table: dict[str, list[str]]) -> list[object]:
    return [
        pytest.param(kind, source, id=f'{kind}-{number}')
        for kind, sources in table.items()
        for number, source in enumerate(sources, 1)
    ]


@pytest.mark.parametrize(('kind', 'source'), _cases(CELLS))
def test_a_mended_cell_gives_what_cpython_gives(kind: str, source: str) -> None:
    cell = prepared(source)

    assert kind in {mend.kind for mend in cell.mends}
    assert run_monty(cell.source) == run_cpython(source)


@pytest.mark.parametrize(('kind', 'source'), _cases(CELLS))
def test_a_cell_is_mended_because_monty_alone_gives_something_else(kind: str, source: str) -> None:
    try:
        alone = run_monty(source)
    except Exception:
        return
    assert alone != run_cpython(source)


@pytest.mark.parametrize(('kind', 'source'), _cases(WITH_TOOLS))
def test_a_mended_cell_with_tools_gives_what_cpython_gives(kind: str, source: str) -> None:
    from support.cells import bare_catalog

    cell = prepared(source, catalog=bare_catalog('search', 'fail', sequential=['lock']))

    assert kind in {mend.kind for mend in cell.mends}
    assert run_monty(cell.source, tools=TOOLS) == run_cpython(source, tools=TOOLS)


@pytest.mark.parametrize(('kind', 'source'), _cases(CELLS))
def test_a_note_is_one_short_line(kind: str, source: str) -> None:
    for mend in prepared(source).mends:
        assert mend.kind in MENDS
        assert '\n' not in mend.note
        assert len(mend.note) < 120
        assert 1 <= mend.line <= source.count('\n') + 1


def test_every_kind_of_mend_is_tested() -> None:
    elsewhere = {'fence', 'import', 'await', 'no-await'}

    assert MENDS.keys() == CELLS.keys() | WITH_TOOLS.keys() | elsewhere
