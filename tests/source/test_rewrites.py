"""What holds for all rewrites: they keep lines, positions and the meaning of what they do not know."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import replace
from functools import cache

import pytest
from corpus.load import load
from hypothesis import given, settings
from hypothesis import strategies as st
from support.cells import SHOP, bare_catalog, prepared, refusals, rewritten
from support.interpreters import run_cpython, run_monty
from support.rewrite_cells import all_cells

from pydantic_ai_grail._monty.support import Support, load_support
from pydantic_ai_grail._source.edits import SourceText
from pydantic_ai_grail._source.parse import parse
from pydantic_ai_grail._source.prepare import prepare
from pydantic_ai_grail._source.prepared import Prepared
from pydantic_ai_grail.events.diagnostics import Position

LEFT_ALONE = {
    'method-value': [
        'class T:\n    def get(self, k):\n        return -k\nt = T()\nmax([1, 2], key=lambda k: t.get(k))',
        'import math\nlist(map(math.sqrt, [4.0]))',
        'class Box:\n    x = len\nsorted(["bb", "a"], key=Box.x)',
        'sorted = lambda xs, key: key\nd = {1: 2}\ncallable_ = d\nsorted([], key=1)',
        'list(map(*[len, ["a"]]))',
        'key = max\nsorted([2, 1], key=None)',
    ],
    'method-call': [
        'dict.fromkeys("ab", 1)',
        'class str:\n    def lower(self):\n        return 1\nstr.lower(str())',
        'from datetime import datetime\ndatetime.strptime("2024-01-02", "%Y-%m-%d").day',
    ],
    'operator': ['class operator:\n    itemgetter = len\noperator.itemgetter("ab")'],
    'set-method': [
        '{1}.union({2})',
        '{"a": 1} | {"b": 2}',
        'd = {}\nd.update({"a": 1}, b=2)\nd',
        'class A:\n    def union(self, a, b):\n        return a + b\nA().union(1, 2)',
        'class A:\n    def add(self, *xs):\n        return len(xs)\nA().add(1, 2)',
    ],
    'json-default': [
        'import json\njson.dumps({"a": 1})',
        'class json:\n    def dumps(x, default):\n        return default\njson.dumps(1, default=2)',
    ],
    're-sub': [
        'import re\nre.sub("a", "b", "aa")',
        'import re\nre.compile("a").sub("b", "a")',
        'class A:\n    def sub(self, f, x):\n        return x\nA().sub(1, 2)',
    ],
    'hasattr': ['hasattr([], "nothing")', 'name = "x"\nhasattr(1, name)', 'class A:\n    x = 1\nhasattr(A(), "x")'],
    'strptime': [
        'from datetime import datetime\ndatetime.strptime("2024-01-02", "%Y-%m-%d").day',
        'from datetime import datetime\nf = "%Y-%m-%d"\ndatetime.strptime("2024-01-02", f).day',
        'from datetime import datetime\ndatetime.strptime("2024-060", "%Y-%j").day',
    ],
    'timedelta': [
        'from datetime import timedelta\ntimedelta(hours=1)',
        'from datetime import timedelta\nn = 2\ntimedelta(hours=n)',
        'from datetime import timedelta\ntimedelta(hours=3 // 2)',
    ],
    'date': ['from datetime import datetime, timezone\ndatetime.now(timezone.utc).tzinfo is timezone.utc'],
    'isocalendar': ['class A:\n    def isocalendar(self):\n        return 1\nA().isocalendar()'],
    'next': ['it = iter([1])\nnext(it, None)', 'next(iter([]), 3)'],
    'iterator': ['g = (x for x in [1, 2])\nsum(g)', 'a, b = (x for x in [1, 2])\na'],
    'del': ['x = {"del": 1}\nx'],
    'comprehension-name': [
        'def f():\n    return [id for id in range(2)]\nf()',
        '[x for x in [1]]',
        'class A:\n    ids = [id for id in [1]]\nA.ids',
    ],
    'alias': ['IOError = ValueError\nIOError("x").args', 'class asyncio:\n    TimeoutError = 3\nasyncio.TimeoutError'],
    'base': ['class A:\n    x = 1\nA.x', 'class A():\n    x = 1\nA.x'],
    'dataclass-option': [
        'from dataclasses import dataclass\n@dataclass(frozen=True)\nclass P:\n    x: int\nP(1).x',
        'from dataclasses import dataclass\n@dataclass()\nclass P:\n    x: int\nP(1).x',
    ],
    'unused-import': [
        'import json, math\nmath.pi > 3',
        'try:\n    import textwrap\nexcept ImportError:\n    textwrap = 1\n1',
    ],
    'task': ['class asyncio:\n    def create_task(x):\n        return x\nasyncio.create_task(3)'],
    'gather': ['import asyncio\nasync def f():\n    return 1\nawait asyncio.gather(f(), f())'],
    'map-tool': ['list(map(len, ["a"]))', 'def search(x):\n    return x\nlist(map(search, "ab"))'],
    'wraps': ['def wraps(f):\n    return lambda g: g\n@wraps(1)\ndef f():\n    return 2\nf()'],
}  # fmt: skip
"""Cells that Monty runs as they are, however much they look like what is rewritten."""

REFUSED_STILL = [
    ('from dataclasses import dataclass\n@dataclass(kw_only=True)\nclass P:\n    x: int = 1\n    y: int\nP(y=2)', 'unsupported-option'),
    ('from typing import TypedDict\nclass Row(TypedDict):\n    x: int\nRow(x=1)', 'no-inheritance'),
    ('import functools\ndef d(f):\n    @functools.wraps(f)\n    def g():\n        return f()\n    return g\nd(len).__name__', 'unsupported-attribute'),
    ('import operator\nk = ["a"]\nsorted([], key=operator.itemgetter(*k))', 'unsupported-import'),
    ('import operator\noperator.attrgetter(name)', 'unsupported-import'),
    ('import operator\noperator.itemgetter(f())', 'unsupported-import'),
    ('import operator\n[operator.itemgetter(\n"a", "b")(r) for r in [{"a": 2, "b": 1}]]', 'unsupported-import'),
    ('import operator\noperator.methodcaller("x")', 'unsupported-import'),
    ('import operator\noperator.add(1, 2)', 'unsupported-import'),
    ('import asyncio\nasync def f():\n    return 1\nt = asyncio.create_task(f())\nt.add_done_callback(print)', 'unsupported-attribute'),
    ('import asyncio\nasyncio.create_task(unknown())', 'unsupported-attribute'),
    ('import asyncio\nasyncio.create_task(coroutine)', 'unsupported-attribute'),
    ('import asyncio\nflag = True\nawait asyncio.gather(search(1), return_exceptions=flag)', 'unsupported-option'),
    ('import asyncio\nfor r in await asyncio.gather(search(1), return_exceptions=True):\n    print(r)', None),
    ('import asyncio\nawait asyncio.gather(lock(1), return_exceptions=True)', 'unsupported-option'),
    ('import json\njson.dumps(*[{}], default=str)', 'unsupported-option'),
    ('del (a, b)', 'no-del'),
    ('x = [[1]]\ndel x[0][\n    0\n], x', None),
    ('import datetime\ndatetime.datetime.utcfromtimestamp(*[1])', None),
    ('from nothing.at.all import *', 'no-wildcard-import'),
    ('import asyncio\nasync def f():\n    return await asyncio.gather(search(1), return_exceptions=True)', None),
    ('async def f():\n    import asyncio\n    return await asyncio.gather(search(1), return_exceptions=True)', 'unsupported-option'),
]  # fmt: skip
"""Cells just beyond what a rewrite can do."""


def able_support() -> Support:
    """A Monty that has all that CPython has."""
    now = load_support()
    return replace(
        now,
        features=dict.fromkeys(now.features, True),
        builtins=now.builtins | now.lacking_builtins,
        modules={
            **{name: now.modules[name] | now.lacking_attributes.get(name, frozenset()) for name in now.modules},
            **{name: frozenset[str]() for name in now.lacking_modules},
        },
        classes={name: now.classes[name] | now.lacking_attributes.get(name, frozenset()) for name in now.classes},
        lacking_modules=frozenset(),
        lacking_builtins=frozenset(),
        lacking_methods=frozenset(),
        lacking_attributes={},
    )


@cache
def sources() -> tuple[str, ...]:
    """Cells of every kind: the ones of the tests of rewrites, and those of the corpus."""
    corpus = [cell.source for program in (*load('valid'), *load('broken')) for cell in program.cells]
    return (*all_cells(), *corpus)


@pytest.mark.parametrize(('kind', 'source'), [(kind, source) for kind, found in LEFT_ALONE.items() for source in found])
def test_what_monty_runs_is_left_alone(kind: str, source: str) -> None:
    cell = prepared(source)

    assert kind not in {rewrite.kind for rewrite in cell.rewrites}
    assert run_monty(cell.source) == run_cpython(source)


@pytest.mark.parametrize(('source', 'code'), REFUSED_STILL)
def test_what_a_rewrite_cannot_do_is_refused_and_not_done_by_half(source: str, code: str | None) -> None:
    if code is None:
        parse(prepared(source).source)
    else:
        assert code in {one.code for one in refusals(source)}


def test_a_monty_that_has_everything_needs_no_rewrite() -> None:
    able = able_support()
    allowed = {'import', 'await', 'no-await', 'gather', 'fence', 'map-tool'}

    kinds: Counter[str] = Counter()
    for source in sources():
        found = prepare(source, catalog=SHOP, bound=frozenset(), support=able)
        if isinstance(found, Prepared):
            kinds.update(rewrite.kind for rewrite in found.rewrites)

    assert kinds.keys() <= allowed


def line_shape(tree: ast.Module) -> list[tuple[str, int]]:
    """The statements with their lines, imports and what became something else apart."""
    return [
        (type(node).__name__, node.lineno)
        for node in ast.walk(tree)
        if isinstance(
            node, ast.For | ast.While | ast.If | ast.FunctionDef | ast.AsyncFunctionDef | ast.Return | ast.Try
        )
    ]


def check_laws(source: str, bound: frozenset[str]) -> None:
    tree = parse(source)
    found = prepare(source, catalog=SHOP, bound=bound, support=load_support())
    if not isinstance(tree, ast.Module) or not isinstance(found, Prepared):
        return
    before = [line.rstrip('\r\n') for line in SourceText(source).lines]
    after = [line.rstrip('\r\n') for line in SourceText(found.source).lines]
    assert line_shape(tree) == line_shape(found.tree)
    assert len(after) - len(before) in (0, 1, 2)
    touched = found.origins.shifts.keys()
    for number, (old, new) in enumerate(zip(before, after, strict=False), 1):
        if number not in touched and old != new:
            assert number == len(before)
            assert old == ''
        for column in range(1, len(new) + 2):
            line, original = found.original_position(number, column)
            if number in touched:
                assert line == number
                assert 1 <= original <= len(old) + 1
            elif old == new:
                assert (line, original) == (number, column)
    for rewrite in found.rewrites:
        assert 1 <= rewrite.line <= len(before)


def test_rewrites_keep_lines_and_positions() -> None:
    for source in sources():
        check_laws(source, frozenset())


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_rewrites_keep_lines_and_positions_in_any_mixture_of_cells(data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(sources()), min_size=2, max_size=4))
    bound = data.draw(st.sets(st.sampled_from(['search', 'json', 'asyncio', 'x', 'd', 'datetime', 'rows'])))

    check_laws('\n'.join(chosen), frozenset(bound))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_cut_or_broken_code_is_refused_or_prepared_and_never_an_error(data: st.DataObject) -> None:
    source = data.draw(st.sampled_from(sources()))
    start = data.draw(st.integers(0, len(source)))
    end = data.draw(st.integers(start, len(source)))
    junk = data.draw(st.sampled_from(['', '(', '"', "'''", '\n', '\\', ' f"{', ':', 'await ', '\r', '\t', 'é', '\0']))

    check_laws(source[:start] + junk + source[end:], frozenset())


def test_a_position_with_an_end_is_mapped_as_a_whole() -> None:
    cell = prepared("x = search('a')['b']; y = 1\ny")
    start = cell.source.index("search('a'") + 1

    assert cell.original(Position(line=1, column=start)) == Position(line=1, column=5)
    assert cell.original(Position(line=1, column=start, end_line=1, end_column=start + 6)) == Position(
        line=1, column=5, end_line=1, end_column=11
    )
    inserted = cell.source.index('(await') + 1
    assert cell.original(Position(line=1, column=inserted, end_line=1, end_column=inserted + 3)) == Position(
        line=1, column=5, end_line=1, end_column=6
    )
    assert cell.original(Position(line=1, column=start, end_line=2, end_column=2)) == Position(
        line=1, column=5, end_line=2, end_column=2
    )


def test_several_rewrites_on_one_line_all_find_their_place() -> None:
    source = 'print(max(search("é"), key=str.lower), json.dumps(get("ü")["x"], default=str), [id for id in [1]])'

    cell = prepared(source)

    assert [rewrite.kind for rewrite in cell.rewrites] == [
        'await',
        'await',
        'method-value',
        'json-default',
        'comprehension-name',
        'import',
    ]
    assert isinstance(parse(cell.source), ast.Module)
    column = cell.source.index('"ü"') + 1
    assert cell.original_position(1, column) == (1, source.index('"ü"') + 1)


def test_a_cell_that_would_not_be_python_any_more_stays_as_it_was() -> None:
    """An import over two lines in a block of one line cannot be left out."""
    source = 'if True: from collections.abc import (Iterable,\n    Callable)\nx = search(1)'

    [refusal, *_] = refusals(source)

    assert refusal.code == 'unsupported-import'


def test_an_import_over_several_lines_leaves_them_blank() -> None:
    source = 'def f():\n    from collections.abc import (\n        Iterable,\n    ); x = 1\n    return x\nf()'

    assert rewritten(source) == 'def f():\n    \n\n    pass; x = 1\n    return x\nf()'
    assert run_monty(prepared(source).source) == run_cpython(source)


def test_names_that_rewrites_bring_along_are_new_to_the_cell_and_the_session() -> None:
    cell = prepared('id_, id__ = 1, 2\n[id for id in [id_]]', bound={'id___'})

    assert cell.source.split('\n')[1] == '[id____ for id____ in [id_]]'


def test_state_of_a_rewritten_cell_lives_on_in_a_restored_session() -> None:
    cells = ['g = (x for x in [1, 2, 3])\nfirst = next(g)', 'list(g)', 'import re\nre.sub("a", lambda m: "b", "aa")']

    ready = [prepared(cell, bound={'g', 'first'} if number else ()).source for number, cell in enumerate(cells)]

    assert run_monty(*ready[:2], restore=True) == [2, 3]
    assert run_monty(*ready, restore=True) == 'bb'


def test_sequential_tools_of_a_module_are_not_awaited_either() -> None:
    catalog = bare_catalog('db.read', sequential=['db.write'])

    assert (
        rewritten('import db\nawait db.write(db.read(1))', catalog=catalog) == 'import db\ndb.write(await db.read(1))'
    )
