"""`del` has the effect that it has in CPython: what was deleted is gone."""

from __future__ import annotations

import pytest
from support.cells import refusals
from support.sessions_of_cells import outcome_in_cpython, outcome_in_monty

SESSIONS = [
    ['max = 3\ndel max\nmax(1, 2)'],
    ['max = 3', 'del max', 'max(1, 2)'],
    ['x = 1\ndel x\nx'],
    ['x = 1', 'del x', 'x'],
    ['x, y = 1, 2\ndel x, y\ntry:\n    y\nexcept NameError as e:\n    r = str(e)\nr'],
    ['del nothing_at_all'],
    ['x = 1\ndel x\ntry:\n    del x\nexcept NameError as e:\n    r = str(e)\nr'],
    ['x = 1\nfor n in range(2):\n    x = n\n    del x\nx'],
    ['x = 1\ndef f():\n    return x\ndel x\ntry:\n    r = f()\nexcept NameError:\n    r = "gone"\nr'],
    ['def search(q):\n    return 1\ndel search\n1'],
    ['import math\ndel math\ntry:\n    math.pi\nexcept NameError:\n    r = "gone"\nr'],
    ['def f():\n    x = 1\n    del x\n    x = 2\n    return x\nf()'],
    ['def f(xs):\n    total = 0\n    for x in xs:\n        y = x\n        total += x\n        del x\n    return total\nf([1, 2])'],
    ['def f(xs):\n    total = 0\n    for x in xs:\n        y = x\n        total += y\n        del y\n    return total\nf([1, 2])'],
    ['x = 5\ndef f(x):\n    del x\n    return 1\n(f(1), x)'],
    ['d = {"a": [1, 2, 3], "b": 1}', 'del d["a"][0], d["b"]\nd'],
    ['from collections import Counter, deque, defaultdict\nc, d = Counter("aab"), deque([1, 2, 3, 4])\n'
     'e, l = defaultdict(list, a=1), [1, 2, 3]', 'del c["zz"], c["a"], d[1], e["a"], l[-1]\n(dict(c), list(d), dict(e), l)'],
    ['d = {(1, 2): 3, 4: 5}', 'del d[1, 2]\nd'],
    ['l = [1, 2, 3, 4]', 'del l[1:3]\nl'],
    ['rows = {"a": {"b": 1, "c": 2}}\nfor k in list(rows["a"]):\n    if k == "b": del rows["a"][k]\nrows'],
    ['log = []\ndef at(x):\n    log.append(x)\n    return x\nd = {1: 2, 3: 4}', 'del at(d)[at(1)], at(d)[at(3)]\n(d, len(log))'],
    ['d = {"a": 1}', 'try:\n    del d["z"]\nexcept KeyError as e:\n    r = str(e)\nr'],
    ['class Own:\n    def pop(self, key):\n        return "mine"\no = Own()',
     'try:\n    del o[1]\n    r = "popped"\nexcept (TypeError, AttributeError):\n    r = "no items"\nr'],
]  # fmt: skip


@pytest.mark.parametrize('restore', [False, True])
@pytest.mark.parametrize('cells', SESSIONS)
def test_what_is_deleted_is_gone(cells: list[str], restore: bool) -> None:
    assert outcome_in_monty(*cells, restore=restore) == outcome_in_cpython(*cells)


@pytest.mark.parametrize(
    'source',
    [
        'def f():\n    x = 1\n    del x\n    return x\nf()',
        'def f():\n    x = 1\n    del x\n    if f:\n        x = 2\n    return x\nf()',
        'def f(xs):\n    y = 0\n    for x in xs:\n        y += x\n        del y\n    return 1\nf([1, 2])',
        'def f():\n    x = 1\n    def g():\n        return x\n    del x\n    return g()\nf()',
        'def f():\n    x = 1\n    def g():\n        nonlocal x\n        del x\n    g()\n    return x\nf()',
        'def f():\n    global q\n    q = 1\n    del q\nf()\nq',
    ],
)
def test_what_a_function_may_read_after_its_del_is_refused(source: str) -> None:
    assert [one.code for one in refusals(source)] == ['no-del']
