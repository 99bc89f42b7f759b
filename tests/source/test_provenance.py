"""Whether an inferred type can be relied on: only where it shows where the value comes from."""

from __future__ import annotations

import ast

import pytest
from support.cells import bare_catalog

from pydantic_ai_grail._source.bindings import bindings_of
from pydantic_ai_grail._source.bound_values import sources_of
from pydantic_ai_grail._source.provenance import Provenance
from pydantic_ai_grail._source.stored_attributes import stores_of

TOOLS = bare_catalog('find', 'get', 'github.close')


def of(source: str) -> Provenance:
    tree = ast.parse(source)
    bindings = bindings_of(tree)
    unsure = bindings.reached | (bindings.declared & bindings.assigned)
    return Provenance([sources_of(tree)], catalog=TOOLS, bindings=bindings, stores=stores_of(tree), unsure=unsure)


def expression(source: str) -> ast.expr:
    return ast.parse(source, mode='eval').body


STEADY = [
    ('', "'a'"),
    ('', '[1, (2, {3: "a"})]'),
    ('', 'await find()'),
    ('', 'find()[0]["a"]'),
    ('', '(await github.close()).b()[0]'),
    ('', 'len(x) + 1'),
    ('', 'x > 1'),
    ('', '-len(x)'),
    ('', 'sorted(find())[0]'),
    ('', 'find() if x else get()'),
    ('', 'find() or get()'),
    ('', 'list(map(find, x))'),
    ('', 'await asyncio.gather(find(), *[get(i) for i in x])'),
    ('', '{i["a"]: await get(i) for i in x}'),
    ('a = await find()', 'a[0]'),
    ('a = await find()\nb = a[0]\nfor c in a:\n    d = c["x"]', '[b, c, d]'),
    ('a: int = len(x)', 'a'),
    ('(a := find())', 'a'),
    ('a = find()\na = get()', 'a'),
    ('a = [i["x"] for i in find()]', 'a[0]'),
    ('b = max(find(), key=lambda i: i["x"])', 'i["y"]'),
    ('a = find()\na.sort(key=lambda i: i["x"])', 'i'),
    ('b = list(map(lambda i: i["x"], find()))', 'i'),
]
NOT_STEADY = [
    ('', 'nothing'),
    ('', 'f(x)'),
    ('', 'f[0](x)'),
    ('', '[]'),
    ('', 'lambda: 1'),
    ('', 'self.a'),
    ('def f(a): pass', 'a'),
    ('a = f()', 'a'),
    ('a, b = find()', 'a'),
    ('a = 1\na += 1', 'a'),
    ('with f() as a: pass', 'a'),
    ('try: pass\nexcept E as a: pass', 'a'),
    ('match x:\n    case {"k": a, **b}: pass\n    case [*c]: pass', '[a, b, c]'),
    ('a = find()\ndef f():\n    global a\n    a = 1', 'a'),
    ('import a\na = find()', 'a'),
    ('a = [1]\na.append("x")', 'a[0]'),
    ('a = find()\na[0] = 1\nb = get()', 'b'),
    ('a = find()\na["k"] = 1', 'find()["k"]'),
    ('a = find()\na[0]["k"].append(1)', 'find()[0]["k"]'),
    ('find = 5', 'find()'),
    ('def len(x): return x', 'len(1)'),
    ('def f(i): pass\nb = max(find(), key=lambda i: i)', 'i'),
    ('b = max(find(), key=f)\na.map(lambda i: i)', 'i'),
    ('a = b\nb = a', 'a'),
]


@pytest.mark.parametrize(('code', 'value'), STEADY)
def test_what_comes_from_tools_and_literals_can_be_relied_on(code: str, value: str) -> None:
    assert of(code).is_steady(expression(value))


@pytest.mark.parametrize(('code', 'value'), NOT_STEADY)
def test_what_code_may_have_changed_cannot(code: str, value: str) -> None:
    assert not of(code).is_steady(expression(value))


@pytest.mark.parametrize(
    ('code', 'value', 'expected'),
    [
        ('a = []\na.append(1)', 'a', True),
        ('a = []\nb = a', 'b', True),
        ('a = [] if x else {}', 'a', True),
        ('', 'dict(x)', True),
        ('for a in [[]]: pass', 'a', False),
        ('for a in find(): pass', 'a', True),
        ('a = f()', 'a', False),
        ('a = b\nb = a', 'a', False),
    ],
)
def test_that_something_is_a_list_can_be_relied_on_sooner_than_what_is_in_it(
    code: str, value: str, expected: bool
) -> None:
    assert of(code).has_steady_kind(expression(value)) is expected


@pytest.mark.parametrize(
    ('code', 'value', 'expected'),
    [
        ('a = find()', 'a[0]', True),
        ('a = find()\na = get()', 'a', False),
        ('', 'find() if x else get()', False),
        ('', 'find() or get()', False),
        ('a = b\nb = a', 'a', False),
    ],
)
def test_a_value_with_one_source_is_told_from_one_with_several(code: str, value: str, expected: bool) -> None:
    assert of(code).is_single(expression(value)) is expected


def test_the_tool_behind_a_value_is_found_through_names() -> None:
    known = of('a = [await find(i) for i in x]\nb = a[0]\nc = 1\nd = e\ne = d')
    assert [known.tool_behind(expression(each)) for each in ('b["k"]', 'github.close(1)', 'c', 'd')] == [
        'find',
        'github.close',
        None,
        None,
    ]


def test_a_gather_is_known_under_its_names() -> None:
    known = of('import asyncio\nfrom asyncio import gather\na = asyncio.gather(x)\nb = a\nc = gather()')
    assert [known.is_gather(expression(each)) for each in ('a', 'c', 'gather(1)', 'b', 'd', '1')] == [
        True, True, True, False, False, False,
    ]  # fmt: skip
    assert not of('asyncio = 5').is_gather(expression('asyncio.gather(x)'))
