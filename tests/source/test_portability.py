"""What Monty cannot run is refused at once, with something to write instead that gives what CPython gives."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass, replace

import pytest
from support.cells import bare_catalog, prepared, refusals
from support.interpreters import run_cpython, run_monty

from pydantic_ai_grail._monty.support import load_support
from pydantic_ai_grail._reply.offered import instead
from pydantic_ai_grail._source.portability import report
from pydantic_ai_grail._source.prepare import prepare
from pydantic_ai_grail._source.prepared import Prepared
from pydantic_ai_grail._source.unsupported.alternatives import (
    instead_of,
    instead_of_builtin,
    instead_of_method,
    instead_of_option,
)
from pydantic_ai_grail.events.diagnostics import CODES


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A cell that CPython runs and Monty does not, and one that does the same in both."""

    code: str
    source: str
    instead: str
    """What the fix asks for. Gives in Monty what `source` gives in CPython."""
    fix: str
    """Part of the fix."""


CASES = (
    Case(
        code='no-inheritance',
        source='class E(Exception):\n    pass\ntry:\n    raise E("x")\nexcept E as e:\n    r = str(e)\nr',
        instead='try:\n    raise ValueError("x")\nexcept ValueError as e:\n    r = str(e)\nr',
        fix='Raise a builtin exception',
    ),
    Case(
        code='no-inheritance',
        source='from enum import Enum\nclass Color(Enum):\n    RED = "red"\nColor.RED.value',
        instead='RED = "red"\nRED',
        fix='plain constants',
    ),
    Case(
        code='no-inheritance',
        source='from typing import NamedTuple\nclass P(NamedTuple):\n    x: int\n    y: int\nP(1, y=2).y',
        instead='from collections import namedtuple\nP = namedtuple("P", ["x", "y"])\nP(1, y=2).y',
        fix="P = namedtuple('P', ['x', 'y'])",
    ),
    Case(
        code='no-inheritance',
        source='from typing import TypedDict\nclass Row(TypedDict):\n    x: int\nRow(x=1)',
        instead='dict(x=1)',
        fix='plain dict',
    ),
    Case(
        code='no-inheritance',
        source='from abc import ABC\nclass A(ABC):\n    x = 1\nA.x',
        instead='class A:\n    x = 1\nA.x',
        fix='Leave the base out',
    ),
    Case(
        code='no-inheritance',
        source='class A:\n    def f(self):\n        return 1\nclass B(A):\n    pass\nB().f()',
        instead='def f():\n    return 1\nf()',
        fix='Put what they share into functions',
    ),
    Case(
        code='no-metaclass',
        source='class A(metaclass=type):\n    x = 1\nA.x',
        instead='class A:\n    x = 1\nA.x',
        fix='without keywords',
    ),
    Case(
        code='no-method-decorators',
        source='class A:\n    @property\n    def x(self):\n        return 1\nA().x',
        instead='class A:\n    def x(self):\n        return 1\nA().x()',
        fix='thing.x()',
    ),
    Case(
        code='no-method-decorators',
        source='class A:\n    @staticmethod\n    def f():\n        return 1\nA.f()',
        instead='def f():\n    return 1\nf()',
        fix='a function outside of the class',
    ),
    Case(
        code='no-method-decorators',
        source='class A:\n    @classmethod\n    def make(cls):\n        return 1\nA.make()',
        instead='def make():\n    return 1\nmake()',
        fix='returns the object',
    ),
    Case(
        code='no-special-method',
        source='class A:\n    def __bool__(self):\n        return False\n1 if A() else 2',
        instead='class A:\n    def is_true(self):\n        return False\n1 if A().is_true() else 2',
        fix='is_true()',
    ),
    Case(
        code='no-special-method',
        source='class A:\n    x = 1.5\n    def __format__(self, spec):\n        return format(self.x, spec)\nf"{A():.2f}"',
        instead='class A:\n    x = 1.5\nthing = A()\nf"{thing.x:.2f}"',
        fix='f"{thing.x:.2f}"',
    ),
    Case(
        code='no-class-body',
        source='class A:\n    a, b = 1, 2\nA.b',
        instead='class A:\n    a = 1\n    b = 2\nA.b',
        fix='NAME = value',
    ),
    Case(
        code='no-exception-cause',
        source=(
            'try:\n    try:\n        1 / 0\n    except ZeroDivisionError as first:\n'
            "        raise ValueError('b') from first\n"
            'except ValueError as error:\n    r = str(error.__cause__)\nr'
        ),
        instead=(
            'first = None\ntry:\n    try:\n        1 / 0\n    except ZeroDivisionError as error:\n        first = error\n'
            "        raise ValueError('b') from error\n"
            'except ValueError as error:\n    r = str(first)\nr'
        ),
        fix='Keep the first exception in a variable',
    ),
    Case(
        code='no-yield',
        source='def f():\n    for x in [1, 2]:\n        yield x * 2\nlist(f())',
        instead='def f():\n    items = []\n    for x in [1, 2]:\n        items.append(x * 2)\n    return items\nf()',
        fix='Build a list',
    ),
    Case(
        code='no-yield',
        source='def f():\n    yield from [1, 2]\nlist(f())',
        instead='def f():\n    return [1, 2]\nf()',
        fix='Build a list',
    ),
    Case(
        code='no-del',
        source='class A:\n    pass\na = A()\na.x = 1\ndel a.x\ngetattr(a, "x", None)',
        instead='class A:\n    pass\na = A()\na.x = 1\na.x = None\ngetattr(a, "x", None)',
        fix='Assign None',
    ),
    Case(
        code='no-del',
        source='x = [1, 2, 3, 4]\ndel x[::2]\nx',
        instead='x = [1, 2, 3, 4]\nx = x[1::2]\nx',
        fix='.pop(',
    ),
    Case(
        code='no-async-with',
        source='import asyncio\nr = []\nasync def f(x):\n    r.append(x)\nasync def main():\n'
        '    async with asyncio.TaskGroup() as group:\n        group.create_task(f(1))\nawait main()\nr',
        instead='import asyncio\nr = []\nasync def f(x):\n    r.append(x)\nawait asyncio.gather(f(1))\nr',
        fix='asyncio.gather',
    ),
    Case(
        code='no-async-for',
        source='async def f():\n    yield 1\nasync def main():\n    async for x in f():\n        return x\nawait main()',
        instead='async def f():\n    return [1]\nasync def main():\n    for x in await f():\n        return x\nawait main()',
        fix='for item in await',
    ),
    Case(
        code='no-async-for',
        source='async def f():\n    yield 1\n[x async for x in f()]',
        instead='async def f():\n    return [1]\n[x for x in await f()]',
        fix='for x in await',
    ),
    Case(
        code='no-exception-groups',
        source='try:\n    raise ExceptionGroup("x", [ValueError("y")])\nexcept* ValueError as e:\n    r = 1\nr',
        instead='try:\n    raise ValueError("y")\nexcept ValueError as e:\n    r = 1\nr',
        fix='except ValueError',
    ),
    Case(
        code='no-wildcard-import',
        source='from string import *\ndigits',
        instead='"0123456789"',
        fix='Name what you need',
    ),
    Case(
        code='unsupported-import',
        source='import statistics\nstatistics.mean([1, 2])',
        instead='xs = [1, 2]\nsum(xs) / len(xs)',
        fix='sum(xs) / len(xs)',
    ),
    Case(
        code='unsupported-import',
        source='from statistics import median\nmedian([3, 1, 2, 5])',
        instead='xs = [3, 1, 2, 5]\nys = sorted(xs); n = len(ys); (ys[(n - 1) // 2] + ys[n // 2]) / 2',
        fix='ys = sorted(xs); n = len(ys); (ys[(n - 1) // 2] + ys[n // 2]) / 2',
    ),
    Case(
        code='unsupported-import',
        source='import heapq\nheapq.nlargest(2, [1, 3, 2])',
        instead='xs, n = [1, 3, 2], 2\nsorted(xs, reverse=True)[:n]',
        fix='sorted(xs, reverse=True)[:n]',
    ),
    Case(
        code='unsupported-import',
        source='import textwrap\ntextwrap.indent("a\\nb", "  ")',
        instead='text = "a\\nb"\n"\\n".join("  " + line for line in text.splitlines())',
        fix="'  ' + line for line in text.splitlines()",
    ),
    Case(
        code='unsupported-import',
        source='import calendar\ncalendar.monthrange(2024, 12)[1]',
        instead='from datetime import date, timedelta\ny, m = 2024, 12\n'
        '(date(y + m // 12, m % 12 + 1, 1) - timedelta(days=1)).day',
        fix='(date(y + m // 12, m % 12 + 1, 1) - timedelta(days=1)).day',
    ),
    Case(
        code='unsupported-import',
        source='import io, csv\nlist(csv.reader(io.StringIO("a,b\\n1,2", newline="")))',
        instead='import csv\ntext = "a,b\\n1,2"\nlist(csv.reader(text.splitlines(keepends=True)))',
        fix='text.splitlines(keepends=True)',
    ),
    Case(
        code='unsupported-import',
        source='from io import StringIO\nimport csv\nwith StringIO("a,b\\n1,2") as f:\n    rows = list(csv.DictReader(f))\nrows',
        instead='import csv\ntext = "a,b\\n1,2"\nlist(csv.DictReader(text.splitlines(keepends=True)))',
        fix='text.splitlines(keepends=True)',
    ),
    Case(
        code='unsupported-import',
        source='import csv, io\nout = io.StringIO()\nwriter = csv.writer(out)\nwriter.writerows([["a", "b"], [1, "x, y"]])\nout.getvalue()',
        instead='import csv\nparts = []\nclass Out: write = lambda self, text: parts.append(text)\n'
        'writer = csv.writer(Out())\nwriter.writerows([["a", "b"], [1, "x, y"]])\n"".join(parts)',
        fix='parts = [] and class Out: write = lambda self, text: parts.append(text). Then csv.writer(Out())',
    ),
    Case(
        code='unsupported-import',
        source='import csv, io\nout = io.StringIO()\nwriter = csv.DictWriter(out, fieldnames=["a", "b"])\nwriter.writeheader()\n'
        'writer.writerow({"a": 1, "b": None})\nout.getvalue()',
        instead='import csv\nparts = []\nclass Out: write = lambda self, text: parts.append(text)\n'
        'writer = csv.DictWriter(Out(), fieldnames=["a", "b"])\nwriter.writeheader()\n'
        'writer.writerow({"a": 1, "b": None})\n"".join(parts)',
        fix="''.join(parts) is the text",
    ),
    Case(
        code='unsupported-import',
        source='from string import Template\nTemplate("Dear $name").substitute(name="Ada")',
        instead='name = "Ada"\nf"Dear {name}"',
        fix="f'Dear {name}'",
    ),
    Case(
        code='unsupported-import',
        source='import string\n[string.ascii_lowercase[1], string.digits[1], string.capwords("a bC")]',
        instead='text = "a bC"\n["abcdefghijklmnopqrstuvwxyz"[1], "0123456789"[1], " ".join(word.capitalize() for word in text.split())]',
        fix="Instead of digits: '0123456789'",
    ),
    Case(
        code='unsupported-attribute',
        source='import asyncio\nasync def f(x):\n    return x\nawait asyncio.wait_for(f(1), timeout=5)',
        instead='async def f(x):\n    return x\nawait f(1)',
        fix='await tool(x)',
    ),
    Case(
        code='unsupported-attribute',
        source='import asyncio\nasync def f(x):\n    return x\nsorted([await done for done in asyncio.as_completed([f(1), f(2)])])',
        instead='import asyncio\nasync def f(x):\n    return x\ncalls = [f(1), f(2)]\n'
        'sorted([result for result in await asyncio.gather(*calls)])',
        fix='for result in await asyncio.gather(*calls)',
    ),
    Case(
        code='unsupported-attribute',
        source='import asyncio\nlimit = asyncio.Semaphore(2)\nasync def f(x):\n    await limit.acquire()\n    limit.release()\n    return x\n'
        'await asyncio.gather(*[f(x) for x in range(5)])',
        instead='import asyncio\nasync def f(x):\n    return x\nxs = range(5)\nresults = []\nfor i in range(0, len(xs), 2):\n'
        '    results += await asyncio.gather(*[f(x) for x in xs[i : i + 2]])\nresults',
        fix='for i in range(0, len(xs), 5): results += await asyncio.gather(*[tool(x) for x in xs[i : i + 5]])',
    ),
    Case(
        code='unsupported-attribute',
        source='import asyncio\nqueue = asyncio.Queue()\nawait queue.put(1)\nqueue.put_nowait(2)\n[await queue.get(), queue.qsize()]',
        instead='from collections import deque\nqueue = deque()\nqueue.append(1)\nqueue.append(2)\n[queue.popleft(), len(queue)]',
        fix='queue.popleft()',
    ),
    Case(
        code='unsupported-attribute',
        source='import asyncio\nlock = asyncio.Lock()\nn = 0\nasync def f(x):\n    global n\n    await lock.acquire()\n    n = n + x\n    lock.release()\n'
        'for x in [1, 2]:\n    await f(x)\nn',
        instead='n = 0\nasync def f(x):\n    global n\n    n = n + x\nfor x in [1, 2]:\n    await f(x)\nn',
        fix='Leave it out',
    ),
    Case(
        code='unsupported-attribute',
        source='from collections import OrderedDict\nlist(OrderedDict(a=1))',
        instead='list(dict(a=1))',
        fix='Use dict, which keeps its order.',
    ),
    Case(
        code='unsupported-attribute',
        source='import functools\nsorted([3, 1], key=functools.cmp_to_key(lambda a, b: b - a))',
        instead='sorted([3, 1], key=lambda x: -x)',
        fix='Sort by a key',
    ),
    Case(
        code='unsupported-attribute',
        source='from dataclasses import dataclass, asdict\n@dataclass\nclass P:\n    x: int\nasdict(P(1))',
        instead='from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\np = P(1)\n{"x": p.x}',
        fix="{'x': p.x, 'y': p.y}",
    ),
    Case(
        code='unsupported-attribute',
        source='import datetime\nstr(datetime.date.fromordinal(738000))',
        instead='from datetime import date, timedelta\nn = 738000\nstr(date(1, 1, 1) + timedelta(days=n - 1))',
        fix='date(1, 1, 1) + timedelta(days=n - 1)',
    ),
    Case(
        code='unsupported-attribute',
        source='import datetime as dt\nstr(dt.date.fromisocalendar(2024, 5, 3))',
        instead='from datetime import date, timedelta\ny, week, day = 2024, 5, 3\n'
        'str(date(y, 1, 4) + timedelta(weeks=week - 1, days=day - date(y, 1, 4).isoweekday()))',
        fix='date(y, 1, 4) + timedelta(weeks=week - 1, days=day - date(y, 1, 4).isoweekday())',
    ),
    Case(
        code='unsupported-attribute',
        source='import re\nre.findall("a # all", "aa", re.VERBOSE)',
        instead='import re\nre.findall("a", "aa")',
        fix='on one line',
    ),
    Case(
        code='unsupported-builtin',
        source='callable("x")',
        instead='not isinstance("x", str)',
        fix='isinstance(x, str)',
    ),
    Case(code='unsupported-builtin', source='ascii("é")', instead='"\'\\\\xe9\'"', fix='repr(text)'),
    Case(
        code='unsupported-option',
        source='import json\njson.loads("{}", object_hook=len)',
        instead='import json\nlen(json.loads("{}"))',
        fix='Convert after loading',
    ),
    Case(
        code='unsupported-option',
        source='from dataclasses import dataclass\n@dataclass(order=True)\nclass P:\n    x: int\nmin(P(2), P(1)).x',
        instead='from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\nmin(P(2), P(1), key=lambda thing: thing.x).x',
        fix='sort by a key',
    ),
    Case(
        code='unsupported-option',
        source='from dataclasses import dataclass\n@dataclass(order=True)\nclass P:\n    x: int\n    y: int\nmin(P(2, 1), P(1, 3)).y',
        instead='from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n    y: int\n'
        'min(P(2, 1), P(1, 3), key=lambda thing: (thing.x, thing.y)).y',
        fix='sorted(things, key=lambda thing: (thing.x, thing.y))',
    ),
    Case(
        code='unsupported-method',
        source='import datetime\nd = datetime.date(2024, 12, 30)\ntuple(d.isocalendar(\n))',
        instead='import datetime\nd = datetime.date(2024, 12, 30)\nint(d.strftime("%G")), int(d.strftime("%V")), d.isoweekday()',
        fix="int(d.strftime('%G')), int(d.strftime('%V')), d.isoweekday()",
    ),
    Case(code='unsupported-method', source='(5).bit_length()', instead='n = 5\nlen(bin(n)) - 2', fix='len(bin(n)) - 2'),
    Case(
        code='unsupported-method',
        source='"abc".translate({97: "x"})',
        instead='"abc".replace("a", "x")',
        fix='Use replace',
    ),
    Case(
        code='no-method-value',
        source='r = 2\nmatch 1:\n    case str.upper:\n        r = 1\nr',
        instead='r = 2\nr',
        fix='lambda value: value.upper()',
    ),
    Case(
        code='endless-generator',
        source='import itertools\nnext(n for n in itertools.count(1) if n % 7 == 0)',
        instead='n = 1\nwhile n % 7 != 0:\n    n += 1\nn',
        fix='while',
    ),
)  # fmt: skip


@pytest.mark.parametrize('case', CASES, ids=lambda case: f'{case.code}: {case.source[:40]}')
def test_what_is_refused_runs_in_cpython_and_has_an_equal_in_monty(case: Case) -> None:
    found = refusals(case.source)

    assert case.code in {one.code for one in found}
    [first] = [one for one in found if one.code == case.code][:1]
    assert first.stage == 'portability'
    assert case.fix in (first.fix or '')
    assert run_monty(prepared(case.instead).source) == run_cpython(case.source)


@pytest.mark.parametrize('case', CASES, ids=lambda case: f'{case.code}: {case.source[:40]}')
def test_what_is_offered_as_code_passes_in_its_place(case: Case) -> None:
    for one in refusals(case.source):
        if one.fix is None or instead(one.fix) == one.fix:
            continue
        lines = case.source.split('\n')
        text = lines[one.position.line - 1]
        lines[one.position.line - 1] = (
            text[: one.position.column - 1] + one.fix + text[(one.position.end_column or 0) - 1 :]
        )
        assert one.code not in {each.code for each in refusals('\n'.join(lines))}


def test_advice_on_a_module_a_builtin_a_method_or_an_option_is_a_sentence_and_not_code_for_its_place() -> None:
    support = load_support()
    told = [instead_of(module, ()) for module in [*support.lacking_modules, *support.modules, 'requests', 'pandas']]
    told += [instead_of(module, [name]) for module, names in support.lacking_attributes.items() for name in names]
    told += [instead_of_builtin(name) for name in support.lacking_builtins]
    told += [instead_of_method(name) for name in support.lacking_methods]
    told += [instead_of_option('json.dumps', 'default'), instead_of_option('json.dumps', 'new')]
    advice = [one for one in told if one is not None]

    assert len(advice) > 40
    assert [one for one in advice if instead(one) != one] == []


@pytest.mark.parametrize('case', CASES, ids=lambda case: f'{case.code}: {case.source[:40]}')
def test_what_is_refused_surely_fails_in_monty(case: Case) -> None:
    if case.code == 'endless-generator':
        pytest.skip('it would not end')
    try:
        alone = run_monty(case.source)
    except Exception:
        return
    assert alone != run_cpython(case.source)


@pytest.mark.parametrize('case', CASES, ids=lambda case: f'{case.code}: {case.source[:40]}')
def test_a_refusal_is_short_and_points_into_the_code(case: Case) -> None:
    for one in refusals(case.source):
        assert one.code in CODES
        assert len(f'{one.message} {one.fix or ""}') < 300
        line = case.source.split('\n')[one.position.line - 1]
        assert 1 <= one.position.column < (one.position.end_column or 0) <= len(line) + 1


@pytest.mark.parametrize('case', CASES, ids=lambda case: f'{case.code}: {case.source[:40]}')
def test_a_monty_that_could_run_it_is_refused_nothing(case: Case) -> None:
    now = load_support()
    able = replace(
        now,
        features=dict.fromkeys(now.features, True),
        lacking_modules=frozenset(),
        lacking_builtins=frozenset(),
        lacking_methods=frozenset(),
        lacking_attributes={},
        modules={**now.modules, **{name: frozenset({'x'}) for name in now.lacking_modules}},
    )

    assert report(ast.parse(case.source), case.source, able) == ()


def test_every_code_of_the_report_is_tested() -> None:
    portability = [code for code in CODES if code.startswith(('no-', 'unsupported-', 'endless-'))]

    assert {case.code for case in CASES} | {'no-type-statement'} == set(portability)


@pytest.mark.parametrize('source', ['type X = int\n1', 'type X[T] = list[T]\n1'])
def test_a_type_statement_is_refused_under_every_python(source: str) -> None:
    [refusal] = refusals(source)

    assert refusal.code == 'no-type-statement'
    assert refusal.fix == 'Write it as an assignment: X = ...'
    assert sys.version_info < (3, 12) or run_cpython(source) == 1


def test_one_mistake_is_told_once() -> None:
    source = 'from enum import Enum\nimport abc\nclass A(Enum):\n    X = 1\nclass B(abc.ABC):\n    pass'

    assert [(one.code, one.position.line) for one in refusals(source)] == [('no-inheritance', 3), ('no-inheritance', 5)]


def test_the_same_mistake_on_several_lines_is_one_remark() -> None:
    [refusal] = refusals('def f():\n    yield 1\n    yield 2\n    yield 3; yield 4\nf()')

    assert refusal.message == 'Generators cannot run here: `yield`. Also on lines 3, 4.'
    assert refusal.position.line == 2

    [refusal] = refusals('callable(1)\ncallable(2)')

    assert refusal.message == 'The builtin callable is not available here. Also on line 2.'


def test_all_that_is_used_of_a_module_is_answered() -> None:
    [refusal] = refusals('xs = [1]\nprint(statistics.mean(xs), statistics.mode(xs), statistics.mean([2]))')

    assert refusal.fix == 'Instead of mean: sum(xs) / len(xs) Instead of mode: Counter(xs).most_common(1)[0][0]'


def test_packages_that_no_sandbox_has_are_refused_with_advice() -> None:
    [refusal] = refusals('import pandas as pd\npd.DataFrame([])')

    assert (refusal.code, refusal.fix) == ('unsupported-import', 'Use lists of dicts.')
    assert prepared('import requests\nrequests.get(1)', bound={'requests'}).rewrites == ()
    assert prepared('try:\n    import numpy\nexcept ImportError:\n    numpy = None\nnumpy').rewrites == ()


def test_everything_is_found_at_once_in_the_order_of_the_source() -> None:
    source = 'import statistics\nclass A(list):\n    @property\n    def x(self):\n        yield 1\nprint(statistics.mean(vars()))'

    assert [(one.code, one.position.line) for one in refusals(source)] == [
        ('unsupported-import', 1),
        ('no-inheritance', 2),
        ('no-method-decorators', 3),
        ('no-yield', 5),
        ('unsupported-builtin', 6),
    ]


def test_everything_that_asyncio_and_dataclasses_lack_is_told_in_one_report() -> None:
    source = (
        'import asyncio, string\nfrom dataclasses import dataclass\n@dataclass(order=True)\nclass P:\n    x: int\n'
        'limit, lock, queue = asyncio.Semaphore(5), asyncio.Lock(), asyncio.Queue()\n'
        'async with limit:\n    await asyncio.wait_for(search(1), 3)\n'
        'for done in asyncio.as_completed([search(1)]):\n    print(string.Template("$x").substitute(x=await done))'
    )

    found = refusals(source)

    assert [(one.code, one.position.line) for one in found] == [
        ('unsupported-import', 1),
        ('unsupported-option', 3),
        ('unsupported-attribute', 6),
        ('unsupported-attribute', 6),
        ('unsupported-attribute', 6),
        ('no-async-with', 7),
        ('unsupported-attribute', 8),
        ('unsupported-attribute', 9),
    ]
    assert all(one.fix for one in found)


def test_a_text_buffer_that_csv_reads_and_writes_has_advice_for_both() -> None:
    source = 'import csv, io\nrows = list(csv.reader(io.StringIO(text)))\ncsv.writer(io.StringIO()).writerows(rows)'

    [refusal] = refusals(source, bound={'text'})

    assert refusal.fix is not None
    assert 'text.splitlines(keepends=True)' in refusal.fix
    assert 'csv.writer(Out())' in refusal.fix
    [refusal] = refusals('import io\nbuffer = io.StringIO()\nbuffer.write("a")')
    assert refusal.fix == "Instead of StringIO: text.splitlines(keepends=True) to read, '\\n'.join(lines) to write"


RUNS = [
    ('try:\n    import statistics\nexcept ImportError:\n    statistics = None\nstatistics is None or 1', set[str]()),
    ('try:\n    from json import nothing\nexcept (ValueError, ImportError):\n    nothing = 1\nnothing', set[str]()),
    ('try:\n    import heapq\nexcept:\n    heapq = 1\n1', set[str]()),
    ('from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from decimal import nothing\n1', set[str]()),
    ('callable = 3\ncallable', set[str]()),
    ('def vars(x):\n    return x\nvars(1)', set[str]()),
    ('def f(callable):\n    return callable\nf(2)', set[str]()),
    ('[dir for dir in [1]]', set[str]()),
    ('class A:\n    statistics = 1\n    callable = 2\nA().statistics + A.callable', set[str]()),
    ('statistics = {"mean": 1}\nstatistics["mean"]', set[str]()),
    ('class S:\n    mean = 3\nstatistics = S()\nstatistics.mean', set[str]()),
    ('x = "import statistics; callable(x); yield; del x"\nlen(x) > 3', set[str]()),
    ('class A:\n    def isocalendar(self):\n        return 1\nA().isocalendar()', set[str]()),
    ('try:\n    r = callable(1)\nexcept NameError:\n    r = True\nFalse', set[str]()),
    ('try:\n    r = 1\nexcept (KeyError, EOFError):\n    r = 2\nr', set[str]()),
    ('def f() -> "statistics.X":\n    x: heapq.Y = 1\n    return x\nf()', set[str]()),
    ('def f(x: callable = None) -> vars:\n    return 1\nf()', set[str]()),
    ('import json\ntry:\n    json.nothing\nexcept AttributeError:\n    r = 1\nr', set[str]()),
    ('class A:\n    """Doc."""\n    x: int\n    y: int = 2\n    def __init__(self):\n        self.z = 1\n    def __repr__(self):\n        return "A"\nrepr(A())', set[str]()),
    ('import itertools\nlist(zip(itertools.count(1), "ab"))', set[str]()),
    ('from itertools import count\nfor n in count(3):\n    if n > 4:\n        break\nn', set[str]()),
    ('import random\nrandom.Random(1).random() < 1', set[str]()),
    ('class A:\n    pass\na = A()\na.translate = lambda t: t\na.translate(1)', set[str]()),
]  # fmt: skip


@pytest.mark.parametrize(('source', 'bound'), RUNS)
def test_what_only_looks_as_if_it_could_not_run_is_left_to_run(source: str, bound: set[str]) -> None:
    assert run_monty(prepared(source, bound=bound).source) == run_cpython(source)


@pytest.mark.parametrize(
    ('earlier', 'source'),
    [
        ('def callable(x):\n    return 7', 'callable(1)'),
        ('statistics = {"mean": 4}', 'statistics["mean"]'),
        ('class S:\n    mean = 3\nstatistics = S()', 'statistics.mean'),
        ('import json as heapq', 'heapq.dumps(1)'),
    ],
)
def test_names_that_live_in_the_session_are_what_the_session_says(earlier: str, source: str) -> None:
    cell = prepared(source, bound={'callable', 'statistics', 'heapq'})

    assert run_monty(earlier, cell.source) == run_cpython(earlier, source)


def test_methods_of_modules_and_of_earlier_classes_are_theirs() -> None:
    catalog = bare_catalog('plots.is_reserved', 'plots.draw')

    assert prepared('await plots.is_reserved(1)', catalog=catalog, bound={'plots'}).rewrites == ()
    assert refusals('path.is_reserved()', bound={'path'})[0].code == 'unsupported-method'
    known = prepare(
        'seat.is_reserved()',
        catalog=catalog,
        bound=frozenset({'seat'}),
        support=load_support(),
        attributes=frozenset({'is_reserved'}),
    )
    assert isinstance(known, Prepared)


def test_the_functions_of_the_session_itself_are_no_builtins_of_cpython() -> None:
    assert prepared('help(search)').rewrites == ()


def test_a_position_is_that_of_the_code_as_it_was_written() -> None:
    source = "rows = search('a'); n = callable(rows) and json.dumps(rows)"

    [refusal] = refusals(source)

    assert source[refusal.position.column - 1 : (refusal.position.end_column or 0) - 1] == 'callable'
