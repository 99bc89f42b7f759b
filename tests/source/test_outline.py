"""Which scope binds a name, and which names are free."""

from __future__ import annotations

import ast

import pytest

from pydantic_ai_grail._source.outline import Outline


def outline_of(source: str, *, session: frozenset[str] = frozenset()) -> Outline:
    return Outline(ast.parse(source), source, session=session)


def free_names(source: str, *, session: frozenset[str] = frozenset()) -> set[str]:
    outline = outline_of(source, session=session)
    return {name for name, uses in outline.loads.items() if any(outline.is_free(use) for use in uses)}


@pytest.mark.parametrize(
    ('source', 'free'),
    [
        ('x = y', {'y'}),
        ('import a.b, c as d\nfrom e import f as g\n(a, c, d, e, f, g)', {'c', 'e', 'f'}),
        ('def f(a, /, b=u, *c, d=v, **e):\n    return a, b, c, d, e, w', {'u', 'v', 'w'}),
        ('lambda a, b=u: (a, b, c)', {'u', 'c'}),
        ('[x for x in y if x]', {'y'}),
        ('[x for x in x]', {'x'}),
        ('[(x, y) for x in a for y in x]', {'a'}),
        ('[n := 1 for _ in a]\nn', {'a'}),
        ('def f():\n    return [n := 1 for _ in a]\nn', {'a', 'n'}),
        ('class A:\n    x = 1\n    def f(self):\n        return x\n    y = x', {'x'}),
        ('def f():\n    global x\n    x = 1\nx', set[str]()),
        ('def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = 2\n        return x\n    return g', set[str]()),
        ('try:\n    pass\nexcept E as e:\n    e', {'E'}),
        ('with a as b, c as (d, e):\n    b, d, e', {'a', 'c'}),
        ('for i, (j, *k) in x:\n    i, j, k', {'x'}),
        ('match x:\n    case {"a": a, **rest}: (a, rest)\n    case [b, *c]: (b, c)\n    case P(d) as e: (d, e)\n    case _: 1', {'x', 'P'}),
        ('x: Y = 1\ndef f(a: Z) -> W:\n    b: V\n    return a', set[str]()),
        ('f"{x:{y}}"', {'x', 'y'}),
        ('del x', set[str]()),
        ('import x\ndef f():\n    return x', set[str]()),
    ],
)  # fmt: skip
def test_free_names(source: str, free: set[str]) -> None:
    assert free_names(source) == free


def test_names_of_the_session_are_not_free() -> None:
    assert free_names('x + y', session=frozenset({'x'})) == {'y'}


@pytest.mark.parametrize(
    ('source', 'dotted'),
    [
        ('json.dumps', 'json.dumps'),
        ('import json as j\nj.dumps', 'json.dumps'),
        ('import os.path\nos.path.join', 'os.path.join'),
        ('import os.path as p\np.join', 'os.path.join'),
        ('from datetime import datetime as d\nd.now', 'datetime.datetime.now'),
        ('json = 1\njson.dumps', None),
        ('import json\nfor json in []:\n    pass\njson.dumps', None),
        ('import json\nimport orjson as json\njson.dumps', None),
        ('import json\nimport json\njson.dumps', 'json.dumps'),
        ('f().dumps', None),
    ],
)
def test_what_a_chain_stands_for(source: str, dotted: str | None) -> None:
    outline = outline_of(source)
    last = outline.tree.body[-1]

    assert isinstance(last, ast.Expr)
    assert outline.dotted(last.value) == dotted


def test_the_innermost_scope_of_a_node() -> None:
    source = 'async def f():\n    return [g(x) for x in h(1)]'
    outline = outline_of(source)

    kinds = {
        call.func.id: outline.scope_of(call).kind for call in outline.nodes(ast.Call) if isinstance(call.func, ast.Name)
    }

    assert kinds == {'g': 'comprehension', 'h': 'coroutine'}


def test_defaults_and_decorators_are_evaluated_outside() -> None:
    outline = outline_of('@d(1)\ndef f(a=e(2)):\n    return g(3)')

    kinds = {
        call.func.id: outline.scope_of(call).kind for call in outline.nodes(ast.Call) if isinstance(call.func, ast.Name)
    }

    assert kinds == {'d': 'module', 'e': 'module', 'g': 'function'}


def test_every_node_but_contexts_has_a_parent() -> None:
    source = (
        'def f(a: int = 1, *b, c=[x for x in y], **d) -> str:\n    with a as b:\n        return lambda q: (await q)[0]'
    )
    outline = outline_of(source)
    skipped = (ast.expr_context, ast.operator, ast.cmpop, ast.unaryop, ast.boolop, ast.Module)

    assert [n for n in ast.walk(outline.tree) if n not in outline.parents and not isinstance(n, skipped)] == []
