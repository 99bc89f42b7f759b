"""Whatever name a tool goes by, its call is awaited where its result is used; what is never awaited is told."""

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


def in_code_mode(*cells: str) -> tuple[PlayedCell, list[int]]:
    CALLS.clear()
    cell = asyncio.run(play(AGENT, *cells))[-1]
    return cell, [*CALLS]


def in_cpython(*cells: str) -> tuple[Any, list[int]]:
    """Where every tool gives its result at once, which is what code means that awaits nothing."""
    CALLS.clear()
    plain = [cell.replace('async ', '').replace('await ', '') for cell in cells]
    value = run_cpython(*plain, tools={'send': lock, 'lock': lock})
    return value, [*CALLS]


NAMES = {
    'f = send': 'f(n={n})',
    'g = send\nf = g': 'f({n})',
    'f = lambda n: send(n=n)': 'f({n})',
    'def f(n):\n    return send(n=n)': 'f({n})',
    'def f(n):\n    if n > 5:\n        return send(n=n)\n    return send(n + 2)': 'f({n})',
    'async def f(n):\n    return await send(n=n)': 'f({n})',
    'fs = {"a": send, "b": send}': 'fs["a"]({n})',
    'fs = {"a": send}\nkey = "a"': 'fs.get(key)({n})',
    'fs = [send, send]': 'fs[-1]({n})',
    'fs = (send,)\nf = fs[0]': 'f({n})',
    'from functools import partial\nf = partial(send)': 'f({n})',
    'import functools\nf = functools.partial(send, n={n})': 'f()',
    'f = send if len("a") else send': 'f({n})',
    'pass': '(send if len("a") else send)({n})',
    'def apply(f, x):\n    return f(x)': 'apply(send, {n})',
    'def apply(x, *, f):\n    return send(x)': 'apply({n}, f=1)',
    'apply = lambda f, *a: f(*a)': 'apply(send, {n})',
    'def f(n):\n    return lock(n)': 'f({n})',
    'f = lock': 'f({n})',
}
"""How a tool comes by another name -> its call."""

USES = [
    '"yes" if {call} else "no"',
    'not {call}',
    "f'''<{{{call}}}>'''",
    '{call} == True',
    '{call} is True',
    '{call} + 1',
    '{call} or 5',
    '{call} and 5',
    '[{call}, 1]',
    '{{"k": {call}}}',
    '[x for x in [1, 2] if {call}]',
    'str({call})',
    'isinstance({call}, bool)',
    'r = {call}\nif r:\n    r = "then"\nr',
    'r = 0\nwhile {call}:\n    r += 1\n    if r > 2: break\nr',
    'if {call}:\n    r = 1\nelif not {call}:\n    r = 2\nr',
    'async def go():\n    return 7 if {call} else 8\nawait go()',
    'import json\njson.dumps([{call}])',
    'match {call}:\n    case True:\n        r = 1\n    case _:\n        r = 2\nr',
    'any([{call}, 0])',
    'send(n=1 + {call})',
    'rows = []\nrows.append({call})\nrows',
    'assert {call} in (True, False)\n3',
    '{call}',
]


@settings(max_examples=120, deadline=None)
@given(st.sampled_from([*NAMES]), st.sampled_from(USES), st.integers(0, 3), st.booleans())
def test_a_call_by_any_name_is_made_where_its_result_is_used(setup: str, use: str, n: int, in_one_cell: bool) -> None:
    cells = [setup.format(n=n) if '{n}' in setup else setup, use.format(call=NAMES[setup].format(n=n))]
    if in_one_cell:
        cells = ['\n'.join(cells)]
    cell, calls = in_code_mode(*cells)
    value, expected = in_cpython(*cells)

    assert cell.outcome == 'completed', cell.content
    assert (cell.content['result'], calls) == (value, expected)


@pytest.mark.parametrize('setup', NAMES)
def test_every_name_leads_to_the_branch_that_cpython_takes(setup: str) -> None:
    cells = [setup.replace('{n}', '0'), f'"yes" if {NAMES[setup].format(n=0)} else "no"']

    for each in (cells, ['\n'.join(cells)]):
        cell, calls = in_code_mode(*each)
        value, expected = in_cpython(*each)
        assert (cell.content['result'], calls) == (value, expected)


@pytest.mark.parametrize(
    ('source', 'calls'),
    [
        ('import asyncio\nf = send\nawait asyncio.gather(*[f(n=i) for i in [1, 2]])', [1, 2]),
        ('import asyncio\nfs = [send, send]\ncalls = [f(n=3) for f in fs]\nawait asyncio.gather(*calls)', [3, 3]),
        ('f = send\nawait f(n=3)', [3]),
        ('import asyncio\ndef f(n):\n    return send(n=n)\nawait asyncio.gather(f(1), f(2))', [1, 2]),
        ('f = send\njob = f(n=1)\nr = await job\nr', [1]),
        ('f = len\n1 if f([]) else 2', []),
        ('fs = {"a": len}\nfs["b"] = send\nfs["a"]([1])', []),
        ('def apply(f, x):\n    return f(x)\napply(len, [1])', []),
    ],
)
def test_calls_that_are_awaited_elsewhere_and_other_functions_are_left_alone(source: str, calls: list[int]) -> None:
    cell, made = in_code_mode(source)

    assert cell.outcome == 'completed'
    assert made == calls
    assert 'notes' not in cell.content


def test_a_call_that_nothing_awaits_is_told() -> None:
    source = 'fs = [send]\nfs.append(lock)\nif fs[0](n=0):\n    r = 1\nelse:\n    r = 2\nr'

    cell, calls = in_code_mode(source)

    assert calls == []
    assert cell.content == {
        'result': 1,
        'notes': ['Line 3: send(n=0) was never awaited, so not made: put await before the call.'],
    }


def test_a_value_that_has_a_call_in_it_is_an_error() -> None:
    cell, calls = in_code_mode('def keep(xs):\n    return [x for x in xs]\nkeep(send(n=i) for i in [1, 2])')

    assert calls == []
    assert cell.outcome in ('refused', 'failed')
    assert cell.content == (
        'RuntimeError: the value of this cell has a call in it, not its result: send(n=1) and 1 more were never awaited, '
        'so not made\n'
        'This cell called no tool.\n'
        'What the cell assigned before it stopped is kept; continue from there.'
    )


def test_a_tool_is_not_given_a_call_in_place_of_its_result() -> None:
    cell, calls = in_code_mode('fs = [send]\nfs.append(lock)\nawait send(n=fs[0](n=1))')

    assert calls == []
    assert cell.outcome in ('refused', 'failed')
    assert 'TypeError: send() was given a call that was not awaited: put await before that call' in cell.content


def test_a_plain_function_that_tests_a_call_is_refused() -> None:
    cell, calls = in_code_mode('def f():\n    if send(n=0):\n        return 1\n    return 2\nf()')

    assert calls == []
    assert cell.content == (
        'This takes the value of a call that was not awaited, so its result is not there yet.\n'
        'line 2: if send(n=0):\n'
        '           ^^^^^^^^^\n'
        'Put await before the call, and make f an async def.\n'
        'Nothing ran: no tool was called, no variable changed. Send the corrected cell.'
    )
