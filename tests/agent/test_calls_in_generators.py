"""The calls that a cell makes are those that the program makes in CPython, also where what takes from a generator stops."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_ai import Agent, Tool
from support.agents import play
from support.interpreters import run_cpython

from pydantic_ai_grail import CodeMode
from pydantic_ai_grail.testing import PlayedCell

CALLS: list[int] = []


async def send(n: int) -> bool:
    """Send one."""
    CALLS.append(n)
    return n % 2 == 1


def lock(n: int) -> bool:
    """Lock one."""
    CALLS.append(n)
    return n % 2 == 1


AGENT = Agent(tools=[send, Tool(lock, sequential=True)], capabilities=[CodeMode()])
HELPERS = """\
async def ask(n):
    return await send(n=n)
def held(n):
    return lock(n=n)
import itertools
from itertools import takewhile, islice, chain
xs = [2, 4, 3, 6, 5]
def own(items):
    return [item for item in items]
"""


def in_code_mode(source: str) -> tuple[PlayedCell, list[int]]:
    CALLS.clear()
    cell = asyncio.run(play(AGENT, HELPERS, source))[-1]
    return cell, [*CALLS]


def in_cpython(source: str) -> tuple[Any, list[int]]:
    """Where every tool gives its result at once, which is what code means that awaits nothing."""
    CALLS.clear()
    helpers = HELPERS.replace('async ', '').replace('await ', '')
    try:
        value = run_cpython(helpers, source, tools={'send': lock, 'lock': lock})
    except (StopIteration, ValueError) as error:
        value = type(error).__name__
    return value, [*CALLS]


GENERATORS = [
    '({call} for x in xs)',
    '(x for x in xs if {call})',
    '({call} for x in xs if x > 2)',
    '({call} or x > 4 for x in xs)',
    '((x, {call})[1] for x in xs)',
    '({call} for pair in [xs, [1, 7]] for x in pair)',
    '(x for pair in [xs, [1]] if len(pair) for x in pair if not {call})',
]
CALLS_OF = ['send(n=x)', 'lock(n=x)', 'ask(x)', 'held(x)', 'send(x) and lock(x + 10)', 'not send(n=x)']
CONSUMERS = [
    'any({gen})',
    'all({gen})',
    'next({gen})',
    'next({gen}, None)',
    '[any({gen}), all({gen})]',
    'list({gen})',
    'sum({gen})',
    'max({gen})',
    'sorted({gen})',
    'len(set({gen}))',
    '",".join(str(item) for item in list({gen}))',
    '[*{gen}]',
    '[item for item in {gen} if item]',
    'list(chain([0], {gen}))',
    'a, *rest = {gen}\n[a, rest]',
    'r = 0\nfor item in {gen}:\n    r += 1\n    if item: break\nr',
    'r = []\nfor item in {gen}:\n    r.append(lock(n=9))\nlen(r)',
    'list(takewhile(lambda v: v, {gen}))',
    'list(islice({gen}, 1))',
    'list(zip({gen}, [1]))',
    'True in {gen}',
    '1 if any({gen}) else 2',
    'r = 3\nif all({gen}):\n    r = 4\nr',
    'g = {gen}\nnext(g)',
    'g = {gen}\n1',
    'own({gen})',
    'f"{{any({gen})}}"',
    'r = 0\nwhile any({gen}):\n    r += 1\n    break\nr',
    'bool(list(filter(None, {gen})))',
]


@pytest.mark.parametrize('consumer', CONSUMERS)
def test_every_consumer_makes_the_calls_that_cpython_makes_or_is_refused(consumer: str) -> None:
    ran = 0
    for call in ('send(n=x)', 'lock(n=x)'):
        ran += agrees(consumer.format(gen=f'({call} for x in xs)'))
    assert ran or consumer in REFUSED


REFUSED = [
    *(each for each in CONSUMERS if 'for item in {gen}:' in each or 'takewhile' in each or 'islice' in each),
    *('list(zip({gen}, [1]))', 'True in {gen}', 'g = {gen}\nnext(g)', 'g = {gen}\n1', 'own({gen})'),
]


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(CONSUMERS), st.sampled_from(GENERATORS), st.sampled_from(CALLS_OF))
def test_generated_programs_make_the_calls_that_cpython_makes_or_are_refused(
    consumer: str, generator: str, call: str
) -> None:
    agrees(consumer.format(gen=generator.format(call=call)))


def agrees(source: str) -> bool:
    """Whether the cell ran. What it did and gave is what CPython does and gives; refused, it did nothing."""
    cell, calls = in_code_mode(source)
    if cell.outcome != 'completed' and 'Nothing ran' in cell.content:
        assert calls == []
        return False
    if cell.outcome != 'completed' and not cell.content.startswith(
        ('StopIteration', 'ValueError')
    ):  # `own` is given calls, unawaited
        assert 'never awaited, so not made' in cell.content
        assert calls == []
        return False
    value, expected = in_cpython(source)
    if cell.outcome != 'completed':
        assert (cell.content.partition(':')[0].split()[0], calls) == (value, expected)
        return True
    assert calls == expected
    assert cell.content['result'] == value
    return True


def test_a_loop_over_a_generator_of_calls_is_refused_with_the_loop_to_write() -> None:
    cell, calls = in_code_mode('out = []\nfor v in (send(n=i) for i in [1, 2, 3]):\n    if v: break\nout')

    assert calls == []
    assert cell.content == (
        'A generator expression is built all at once here, so all its calls would be made before anything is taken from it: '
        'send(n=i).\n'
        'line 2: for v in (send(n=i) for i in [1, 2, 3]):\n'
        '                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n'
        'If it is to make all calls: [await send(n=i) for i in [1, 2, 3]]. Else a loop: for i in [1, 2, 3]: '
        'v = await send(n=i); and break where it is to stop.\n'
        'Nothing ran: no tool was called, no variable changed. Send the corrected cell.'
    )


@pytest.mark.parametrize(
    'source',
    [
        'import asyncio\nawait asyncio.gather(*(send(n=x) for x in xs))',
        'import asyncio\ncalls = (send(n=x) for x in xs)\nawait asyncio.gather(*calls)',
        'for x in (y for y in xs if y):\n    await send(n=x)\n1',
        'r = []\nfor x in [await send(n=y) for y in xs]:\n    r.append(x)\nr',
        'g = (x * 2 for x in xs)\nsum(g)',
        'dict(zip(xs, [await send(n=x) for x in xs]))',
        'list(zip((x for x in xs), [1]))',
        'total = sum(await send(n=x) for x in xs)\ntotal',
    ],
)
def test_what_looks_alike_and_makes_no_call_too_many_is_left_alone(source: str) -> None:
    cell, _ = in_code_mode(source)

    assert cell.outcome == 'completed', cell.content


@pytest.mark.parametrize('value', ['own(ask(x) for x in xs)', "{'a': (1, own([ask(1)]))}", 'own([ask])[0](1)'])
def test_a_coroutine_of_the_codes_own_is_no_value_of_a_cell(value: str) -> None:
    cell, calls = in_code_mode(value)
    assert cell.content.startswith(
        'RuntimeError: the value of this cell has a coroutine in it, not its result: ask() was never awaited, so not made'
    )
    assert calls == []
