"""Methods of builtins as values, in every place where a value may stand, give what they give in CPython."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.cells import prepared
from support.sessions_of_cells import outcome_in_cpython, outcome_in_monty

METHODS = [
    ('d.get', '("a")'),
    ('d.get', '("z", 5)'),
    ('d.__getitem__', '("a")'),
    ('d.pop', '("a")'),
    ('d.setdefault', '("q", [])'),
    ('lines.append', '(3)'),
    ('lines.index', '(2)'),
    ('lines.__contains__', '(2)'),
    ('lines.__len__', '()'),
    ('" a ".strip', '()'),
    ('", ".join', '(["x", "y"])'),
    ('"a,b".split', '(sep=",")'),
    ('str.upper', '("ab")'),
    ('str.split', '("a b")'),
    ('dict.get', '({"k": 1}, "k")'),
    ('str.__len__', '("abc")'),
    ('date.fromisoformat', '("2024-01-05")'),
    ('numbers.union', '({9})'),
    ('rows["a"].append', '(1)'),
    ('make().count', '(1)'),
    ('own.get', '("k")'),
    ('own.items', '[0]'),
    ('getattr(d, "get")', '("a")'),
    ('getattr(own, "get", None)', '("a")'),
    ('getattr(lines, "nothing", len)', '([1])'),
]
PLACES = [
    'f = {method}\nr = f{call}\nr',
    'fs = [{method}, len]\nfs[0]{call}',
    'fs = {{"k": {method}}}\nfs["k"]{call}',
    '(lambda f: f{call})({method})',
    'def give():\n    return {method}\ngive(){call}',
    'def use(f):\n    return f{call}\nuse({method})',
    'def use(f={method}):\n    return f{call}\nuse()',
    'class Box:\n    pass\nbox = Box()\nbox.f = {method}\nbox.f{call}',
    'f = {method} if d else None\nf{call}',
    'f, g = {method}, 1\nf{call}',
    '[f{call} for f in [{method}]]',
    'if (f := {method}):\n    r = f{call}\nr',
    '({method}){call}',
]
SETUP = """\
from datetime import date
d, lines, numbers, rows, log = {"a": 1}, [1, 2], {1}, {"a": []}, []
def make():
    log.append(1)
    return [1, 1]
class Own:
    def __init__(self):
        self.items = ['mine']
    def get(self, key):
        return ('mine', key)
    def first(self):
        return self.items[0]
own = Own()"""


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(METHODS), st.sampled_from(PLACES), st.booleans(), st.booleans())
def test_a_method_is_a_value_wherever_one_may_stand(
    method: tuple[str, str], place: str, in_one_cell: bool, restore: bool
) -> None:
    cell = place.format(method=method[0], call=method[1])
    cells = [SETUP, f'{cell}\n'] if not in_one_cell else [f'{SETUP}\n{cell}']
    cells.append('(d, lines, numbers, rows, len(log), own.items, own.first())')

    assert outcome_in_monty(*cells[:-1], restore=restore) == outcome_in_cpython(*cells[:-1])
    assert outcome_in_monty(*cells, restore=restore) == outcome_in_cpython(*cells)


@pytest.mark.parametrize(
    'source',
    [
        'add = [].append\n[add(n) for n in [1]]',
        'sorted(["a", "b"], key={"a": 2, "b": 1}.__getitem__)',
        'from functools import partial\npartial({"a": 1}.get, "a")()',
        'from functools import partial\npartial(str.split, sep=",")("a,b")',
        'log = []\ndef at():\n    log.append(1)\n    return [1, 1, 2]\nc = at().count\n(c(1), c(2), log)',
        'a = [3, 1]\nkey = {3: 1, 1: 2}.get\na.sort(key=key)\na',
        'import functools\nfunctools.reduce(lambda a, f: f(a), [str.strip, str.upper], " a ")',
        'class A:\n    count = 3\n    title = "t"\n(A.count, A().title, A().count)',
        'from collections import namedtuple\nP = namedtuple("P", "count index")\n(P(1, 2).count, P(1, 2).index)',
        'from dataclasses import dataclass\n@dataclass\nclass P:\n    index: int\n    format: str = "f"\n(P(1).index, P(1).format)',
        'x = {"a": 1}\ntry:\n    x.append\nexcept AttributeError as e:\n    r = "none"\nr',
        '(getattr({}, "get", None) is not None, getattr(5, "get", "no"), getattr([], "x", 1))',
    ],
)  # fmt: skip
def test_it_is_what_it_is_in_cpython(source: str) -> None:
    assert outcome_in_monty(source) == outcome_in_cpython(source)


def test_it_is_told_where_it_is_surely_a_builtin() -> None:
    [rewrite] = prepared('add = lines.append', bound={'lines'}).rewrites
    assert (rewrite.kind, rewrite.note) == ('method-value', '`lines.append` became a lambda: a method is no value here')
    assert prepared('class A:\n    def append(self):\n        pass\nA().append\nf = A().append').rewrites == ()
    assert prepared('class A:\n    def f(self):\n        self.items = [1]\n        return self.items').rewrites == ()
    assert prepared('import math\nf = math.floor\ng = [math.sqrt]').rewrites == ()
