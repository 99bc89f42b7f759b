"""Which code may put tuples into tuples. Guessing too much costs a fraction of a millisecond, too little the host."""

from __future__ import annotations

import ast

import pytest
from corpus.load import load

from pydantic_ai_grail._source.history import History, PastCell
from pydantic_ai_grail._source.nested_tuples import may_nest_tuples

NESTS = [
    'x = (x, x)',
    'x = x, x',
    'x = ((x,) * 1_000,)',
    'x = tuple([x, x])',
    't = tuple\nx = t([x, x])',
    't = type(())\nx = t([x, x])',
    'x = ().__class__([x, x])',
    'x = type(())([x, x])',
    'x = next(zip([x], [x]))',
    'x = list(enumerate([x]))[0]',
    'x = list({x: x}.items())[0]',
    'for p in {x: x}.items(): x = p',
    'for k, *p in [(x, x)]: x = p',
    'f = {x: x}.items\nx = list(f())[0]',
    'def f(*parts): return parts\nx = f(x, x)',
    'f = lambda *parts: parts\nx = f(x, x)',
    'def f(): return x, x\nx = f()',
    'from collections import namedtuple\nP = namedtuple("P", "a b")\nx = P(x, x)',
    'from itertools import product as p\nx = list(p([x], [x]))[0]',
    'import itertools\nx = list(itertools.combinations([x, x], 2))[0]',
    'x = eval("(x, x)")',
    'exec("x = (x, x)")',
    'x = getattr({x: x}, "items")()',
    'x = getattr({x: x}, name)()',
    'd[x, x] = 1',
    'a, b = c = x, x',
    'a, *b = x, x',
    'a = sorted({x: x}.items(), key=lambda p: keep.append(p))',
    'for k, v in sorted({x: x}.items(), key=keep.append): pass',
    'def sorted(p): return p\nfor k, v in sorted({x: x}.items()): pass',
    'def isinstance(a, b): return b\nx = isinstance(1, (x, x))',
    'str = lambda v: v\nx = (str(x), str(x))',
    'x = "%s" % ((x, x),)',
    'import builtins\nx = builtins.list',
    'match 1:\n    case y: x = (x, y)',
    'async def f(dict): return dict({x: x}.items())',
    'x = min([(x, x)])',
    'x = dict(eval("x"))',
    'isinstance(1, [keep.append((x, x)), int][1])',
    'def f(a: keep.append((x, x))): pass',
    'for k, v in sorted({x: x}.items(), key=lambda p: keeper[p]): pass',
    'for k, v in sorted({x: x}.items(), key=lambda p: p + keeper): pass',
    'import re\nx = re.match("(a)?(b)?", "").groups(x)',
    'import operator\nx = list(operator.methodcaller("items")({x: x}))[0]',
    'from itertools import *\nx = 1',
]
FINE = [
    'x = (1, 2)',
    'x = ("a", -1, f"{y}", (1, None), not y, str(y), len(y), a in b)',
    'a, b = b, a',
    'for key, value in d.items(): print(key, value)',
    'for i, (key, value) in enumerate(d.items()): print(i)',
    'for i, row in enumerate(rows, 1): print(i)',
    'for a, b in zip(xs, ys): print(a)',
    'for k, v in sorted(d.items(), key=lambda kv: -kv[1]): print(k)',
    'for k, v in sorted(d.items(), key=lambda kv: (-kv[1], kv[0]), reverse=True): print(k)',
    '{k: v for k, v in d.items() if v}',
    'for x in (a, b): print(x)',
    'if x in (a, b): pass',
    '"%s and %s" % (a, b)',
    'isinstance(x, (int, MyType))',
    'rows.sort(key=len)\nsorted(rows, key=lambda r: (r["a"], r["b"]))[:3]',
    'd = dict(zip(keys, values))',
    'print(type(x).__name__)',
    'def f(x: tuple[int, A], y: dict[str, tuple[A, B]]) -> tuple[A, B]: return x',
    'x: dict[tuple[A, B], int] = {}',
    'try: pass\nexcept (KeyError, MyError): pass',
    'rows = await list_orders(status="open")\ntotal = sum(r["total"] for r in rows)\n{"n": len(rows), "total": total}',
]


@pytest.mark.parametrize('code', NESTS)
def test_what_may_nest_is_found(code: str) -> None:
    assert may_nest_tuples(ast.parse(code))


@pytest.mark.parametrize('code', FINE)
def test_what_takes_tuples_apart_or_makes_them_of_leaves_costs_nothing(code: str) -> None:
    assert not may_nest_tuples(ast.parse(code))


def test_most_cells_of_the_corpus_cost_nothing() -> None:
    trees = [ast.parse(cell.source) for program in load('valid') for cell in program.cells if _parses(cell.source)]
    assert len(trees) > 300
    assert sum(map(may_nest_tuples, trees)) / len(trees) < 0.3


def _parses(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def test_a_session_that_nested_once_may_have_such_values_for_ever() -> None:
    nested = History().after(PastCell(source='x = (x, x)', completed=False))
    later = nested.after(PastCell(source='y = 1', completed=True))
    for number in range(20):
        later = later.after(PastCell(source=f'z{number} = "{"a" * 4_000}"', completed=True))
    assert not any('(x, x)' in cell.source for cell in later.cells)
    assert later.nests_tuples
    assert History.from_json(later.to_json()).nests_tuples
    assert not History().after(PastCell(source='y = 1', completed=True)).nests_tuples


def test_a_state_of_a_version_that_did_not_look_may_have_them() -> None:
    stored = History().to_json().replace(',"nested":false', '')
    assert 'nested' not in stored
    assert History.from_json(stored).nests_tuples
