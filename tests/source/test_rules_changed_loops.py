"""Loops over `enumerate` and its like that change what they iterate are refused where CPython would see the change."""

from __future__ import annotations

import pytest
from pydantic_ai import FunctionToolset
from support.cells import prepared
from support.checking import Toolbox, toolbox
from support.interpreters import run_cpython, run_monty

LOOPS = [
    'xs = [1, 2, 2]\nfor i, x in enumerate(xs):\n    if x == 2:\n        xs.remove(x)\nxs',
    'xs = [1, 2, 3]\nfor i, x in enumerate(xs):\n    if i < 2: xs[i + 1] += x\nxs',
    'xs, r = [1, 2, 3], []\nfor i, x in enumerate(xs):\n    r.append(x)\n    if len(xs) < 5:\n        xs.append(x)\nr',
    'xs, ys = [1, 2, 3], [1, 2, 3]\nr = []\nfor x, y in zip(xs, ys):\n    ys[2] = 9\n    r.append(y)\nr',
    'xs = [1, 2, 3]\nr = []\nfor x in map(str, xs):\n    if len(xs) < 4:\n        xs.insert(3, 7)\n    r.append(x)\nr',
    'xs = [1, 2, 3]\nr = []\nfor x in reversed(xs):\n    xs[0] = 9\n    r.append(x)\nr',
    'seen, r = set(), []\nfor x in (x for x in [1, 1, 2] if x not in seen):\n    seen.add(x)\n    r.append(x)\nr',
    'n, r = [1], []\nfor x in (y + n[0] for y in [1, 1, 2]):\n    n[0] = x\n    r.append(x)\nr',
]
LEFT = [
    'xs = [1, 2, 3]\nfor i, x in enumerate(xs):\n    xs[i] = x * 2\nxs',
    'xs = [1, 2, 3]\nfor i, x in enumerate(xs):\n    if i:\n        xs[i - 1] = x\nxs',
    'xs = [1, 2, 3]\nfor i, x in enumerate(xs):\n    if x == 2:\n        xs.pop(i)\n        break\nxs',
    'xs = [1, 2, 3]\nfor i, x in enumerate(list(xs)):\n    xs.append(i)\nxs',
    'xs = [1, 2, 3]\nfor x in reversed(xs):\n    xs.remove(x)\nxs',
    'xs = [1, 2, 3]\nfor x in xs:\n    if len(xs) < 5:\n        xs.append(x)\nxs',
    'xs, out = [1, 2], []\nfor i, x in enumerate(xs):\n    out.append(x)\nout',
    'r = []\nfor x in (x for x in [1, 2] if x):\n    r.append(x)\nr',
    'd = {"a": 1, "b": 2}\nfor i, k in enumerate(d):\n    d[k] = i\nd',
    'xs = [3, 1]\ndef f():\n    for i, x in enumerate(xs):\n        if x == 1:\n            del xs[i]\n            return xs\nf()',
]


@pytest.fixture
async def tools() -> Toolbox:
    return await toolbox(FunctionToolset[None]())


@pytest.mark.parametrize('source', LOOPS)
@pytest.mark.anyio
async def test_a_change_that_the_loop_would_see_is_refused(source: str, tools: Toolbox) -> None:
    refused = await tools.conversation().refusals(source)

    assert [code for code, _, _ in refused] == ['changed-while-iterated']


@pytest.mark.parametrize('source', LOOPS)
def test_what_is_refused_has_another_value_in_monty(source: str) -> None:
    assert run_monty(source) != run_cpython(source)


@pytest.mark.parametrize('source', LEFT)
def test_what_is_left_has_the_value_that_cpython_gives(source: str) -> None:
    assert run_monty(prepared(source).source) == run_cpython(source)


@pytest.mark.parametrize('source', LEFT)
@pytest.mark.anyio
async def test_a_change_that_no_turn_of_the_loop_sees_is_left(source: str, tools: Toolbox) -> None:
    assert await tools.conversation().refusals(source) == []


@pytest.mark.anyio
async def test_the_refusal_has_both_ways_to_write_it(tools: Toolbox) -> None:
    [(_, _, fix)] = await tools.conversation().refusals(LOOPS[0])

    assert fix == (
        'To go over it as it was: enumerate(list(xs)). To see the changes, use an index: '
        'i = 0; while i < len(xs): x = xs[i].'
    )


@pytest.mark.anyio
async def test_a_generator_is_replaced_by_the_loop_that_it_stands_for(tools: Toolbox) -> None:
    [(_, message, fix)] = await tools.conversation().refusals(LOOPS[-2])

    assert message == (
        'The generator is read to its end before the loop begins here, so it would not see what the loop does to seen.'
    )
    assert fix == 'Loop over what it loops over: for x in [1, 1, 2]: if x not in seen: x = x; ...'
