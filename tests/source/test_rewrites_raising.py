"""How code stops itself gives what CPython gives: exits, exceptions' texts, asserts; and the names of functions."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from pydantic_ai import Agent
from support.agents import agent_with, play
from support.cells import prepared, refusals, rewritten
from support.interpreters import run_cpython

from pydantic_ai_grail import CodeMode

pytestmark = pytest.mark.anyio


async def value(source: str) -> Any:
    """The value of a cell's last line."""
    [played] = await play(agent_with(), source)
    content: Any = played.content
    assert isinstance(content, dict), content
    return content['result']  # pyright: ignore[reportUnknownVariableType]  # as JSON has it


def in_cpython(source: str, name: str) -> Any:
    scope: dict[str, Any] = {'__name__': '__main__'}
    exec(source, scope)  # noqa: S102  # what CPython makes of it
    return scope[name]


CAUGHT = 'r = None\ntry:\n    {}\nexcept Exception as error:\n    r = str(error)\n'


@pytest.mark.parametrize(
    'statement',
    [
        'assert 1 == 2',
        'assert 1 == 2, "no"',
        'assert [], "no"',
        'assert {"a": 0}["a"], "no"',
        'assert 1 in [2]',
        'assert 1 < 3 < 2, "no"',
        'assert 1 == 1',
        'raise ValueError(5)',
        'raise ValueError(-1.5)',
        'raise ValueError(1, 2)',
        'raise ValueError("a", 2)',
        'raise ValueError([1], {"a": (2,)})',
        'raise RuntimeError(None)',
        'raise TypeError({"a": 1})',
        'raise LookupError((1, 2))',
        'raise ValueError("a" + "b")',
        'raise ValueError(len("abc"))',
        'n = 5\n    raise TypeError(n)',
        'text = "five"\n    raise TypeError(text)',
        'raise RuntimeError(TypeError("inner"))',
        'raise ValueError([1, 2][0] or "x")',
        'raise ValueError({"a": 1}.get("a"))',
        'raise ValueError("%s" % 5)',
        'raise ValueError("{}".format(5))',
        'raise ValueError((lambda: None)())',
        'raise ValueError',
    ],
)
async def test_the_text_of_an_exception_is_that_of_cpython(statement: str) -> None:
    source = CAUGHT.format(statement)

    assert await value(f'{source}r') == in_cpython(source, 'r')


async def test_the_text_of_an_empty_name_is_not_added_to_an_assert() -> None:
    assert await value('rows = []\n' + CAUGHT.format('assert rows, "no rows"') + 'r') == 'no rows'


@pytest.mark.parametrize(
    'source',
    [
        'raise ValueError("a")',
        'def fail(str):\n    raise ValueError(str)',
        'str = repr\nx = 5\nraise ValueError(x)',
        'raise KeyError(5)',
        'class MyError: pass\nMyError(5)',
        'ValueError = print\nValueError(5)',
        'try:\n    raise ValueError(5)\nexcept ValueError as error:\n    print(error.args)',
        'assert any([1])',
    ],
)
def test_exceptions_that_may_be_right_or_would_change_are_left_alone(source: str) -> None:
    assert rewritten(source) == source


async def test_an_exception_whose_arguments_are_not_known_to_be_text_does_not_read_like_a_crash() -> None:
    [played] = await play(agent_with(), 'x = 5\nraise KeyError(x)')

    assert played.content == (
        'RuntimeError: An exception takes one text here: write ValueError(str(value)).\n'
        'This cell called no tool.\n'
        'What the cell assigned before it stopped is kept; continue from there.'
    )


@pytest.mark.parametrize(
    ('source', 'result'),
    [
        ('x = 1\nexit()', 'x = 1\nreturn'),
        ('x = 1\nquit(0)', 'x = 1\nreturn'),
        ('import sys\nsys.exit()', 'import sys\nreturn'),
        ('from sys import exit\nexit(1)', 'pass\nreturn'),
        ('if 1 > 0: exit()\nprint(2)', 'if 1 > 0: return\nprint(2)'),
        ('try:\n    exit()\nexcept Exception:\n    pass', 'try:\n    return\nexcept Exception:\n    pass'),
    ],
)
def test_an_exit_at_the_top_level_ends_the_cell(source: str, result: str) -> None:
    assert rewritten(source) == result


async def test_what_follows_an_exit_does_not_run() -> None:
    first, second = await play(agent_with(), 'x = 2\nif x > 1:\n    print("a")\n    exit()\nprint(x)', 'x')

    assert first.content == {'printed': ['a'], 'notes': ['Changed in line 4: ended the cell by `return`']}
    assert second.content == {'result': 2}


async def test_a_cell_that_ends_in_an_exit_has_no_value() -> None:
    [played] = await play(agent_with(), 'x = 1\nexit()')

    assert 'result' not in played.content


EXITS = [
    'try:\n    await send(n=0)\n    exit()\nexcept:\n    await send(n=9)\nawait send(n=1)',
    'try:\n    exit()\nexcept BaseException as error:\n    await send(n=type(error).__name__)',
    'import sys\ntry:\n    sys.exit()\nexcept (SystemExit, ValueError) as error:\n    await send(n=[str(error)])',
    'try:\n    quit(0)\nexcept SystemExit as error:\n    await send(n=str(error))',
    'await send(n=1)\nraise SystemExit(0)\nawait send(n=2)',
    'for i in range(3):\n    await send(n=i)\n    if i == 1:\n        raise SystemExit\nawait send(n=7)',
    'import sys\ntry:\n    await send(n=1)\n    sys.exit(0)\nfinally:\n    await send(n=2)\nawait send(n=3)',
    'import sys\ndef f(x):\n    if x:\n        sys.exit(0)\n    return 5\nawait send(n=f(0))\nf(1)\nawait send(n=3)',
    'import sys\nasync def main():\n    await send(n=1)\n    sys.exit()\nawait main()\nawait send(n=3)',
    'def f():\n    try:\n        exit()\n    except Exception:\n        return 9\nawait send(n=1)\nf()\nawait send(n=2)',
    'def f():\n    try:\n        quit()\n    finally:\n        return 4\nawait send(n=f())',
    'x = 5\nawait send(n=x)\nx < 3 or exit()\nawait send(n=1)',
    'x = 5\ntry:\n    x < 3 or exit()\nexcept Exception:\n    await send(n=8)\nawait send(n=1)',
    'from sys import exit as stop\ndef f():\n    while True:\n        stop()\nawait send(n=1)\nf()\nawait send(n=2)',
]


@pytest.mark.parametrize('source', EXITS)
def test_code_that_stops_itself_has_the_effects_it_has_in_cpython_and_ends_well(source: str) -> None:
    sent: list[object] = []

    async def send(n: Any) -> Any:
        sent.append(n)
        return n

    def send_at_once(n: Any) -> Any:
        expected.append(n)
        return n

    def leave(code: Any = None) -> None:
        raise SystemExit(code)  # as the builtins do, which close the input too

    expected: list[object] = []
    with suppress(SystemExit):
        run_cpython(
            source.replace('async ', '').replace('await ', ''),
            tools={'send': send_at_once, 'exit': leave, 'quit': leave},
        )
    [played] = asyncio.run(play(Agent(tools=[send], capabilities=[CodeMode()]), source))

    assert (sent, played.outcome in ('refused', 'failed')) == (expected, False), played.content


@pytest.mark.parametrize('code', ['exit("no input")', 'raise SystemExit("no input")', 'def f(): exit("no input")\nf()'])
async def test_an_exit_with_a_text_is_told(code: str) -> None:
    first, second = await play(agent_with(), f'x = 1\n{code}', 'x')

    assert first.outcome in ('refused', 'failed')
    assert first.content.startswith('SystemExit: no input\n')
    assert second.content == {'result': 1}


def test_an_exit_that_is_not_called_is_refused() -> None:
    assert [each.code for each in refusals('stop = exit\nstop()')] == ['unsupported-builtin']


@pytest.mark.parametrize(
    'source', ['def h(): return 1\nr = h.__name__\n', 'async def h(): return 1\nr = [h.__name__, h.__qualname__]\n']
)
async def test_the_name_of_a_function_is_known(source: str) -> None:
    assert await value(f'{source}r') == in_cpython(source, 'r')


def test_the_name_of_a_tool_is_known() -> None:
    assert rewritten('x = search.__name__') == "x = 'search'"


@pytest.mark.parametrize(
    'source',
    [
        'def h(): return 1\nh = max\nh.__name__',
        'def f(g): return g.__name__',
        'x = type(5).__name__',
        'def h(): return 1\ndef h(): return 2\nh.__name__',
    ],
)
def test_a_name_that_may_stand_for_something_else_is_not_written_out(source: str) -> None:
    assert prepared(source).rewrites == ()


@pytest.mark.parametrize('attribute', ['__cause__', '__context__'])
def test_the_cause_of_an_exception_is_refused_before_anything_runs(attribute: str) -> None:
    source = f'try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    print(error.{attribute})'

    assert [each.code for each in refusals(source)] == ['no-exception-cause']


@pytest.mark.parametrize('call', ['exec("1 / 0")', 'eval("1 / 0")'])
async def test_code_in_a_text_is_not_said_to_be_of_an_earlier_cell(call: str) -> None:
    [played] = await play(agent_with(), call)

    assert played.content == (
        f'ZeroDivisionError: division by zero\nline 1: {call}\nThis cell called no tool.\n'
        'What the cell assigned before it stopped is kept; continue from there.'
    )


@pytest.mark.parametrize(
    ('source', 'written'),
    [
        ('assert get(n=0) in (True, False)', 'assert not not (await get(n=0) in (True, False))'),
        ('assert 1 == get(n=1)', 'assert not not (1 == await get(n=1))'),
        ('raise ValueError(get(n=1), 2)', 'raise ValueError(str((await get(n=1), 2)))'),
        ('raise ValueError(1, get(n=1))', 'raise ValueError(str((1, await get(n=1))))'),
    ],
)
def test_a_call_at_the_place_of_a_rewrite_is_still_awaited(source: str, written: str) -> None:
    assert rewritten(source) == written


async def test_an_exception_may_be_raised_with_another_one() -> None:
    """The usual way to go on from one that was caught; it failed after what the code did before."""
    source = (
        'r = []\ndef load(n):\n    try:\n        return [10][n]\n    except IndexError as error:\n'
        '        raise ValueError(error) from error\n'
        'try:\n    load(3)\nexcept ValueError as error:\n    r.append(str(error))\n'
    )
    [played] = await play(agent_with(), f'{source}r')
    assert played.content == {'result': in_cpython(source, 'r')}  # and nothing is said of it


@pytest.mark.parametrize(
    'source',
    [
        'def fail(str):\n    raise ValueError(str)\ntry:\n    fail("text")\nexcept ValueError as error:\n    r = f"{error}"\n',
        'try:\n    raise ValueError("a")\nexcept ValueError as error:\n    r = error.args\n',
        'kind = ValueError\ntry:\n    raise ValueError(  # why\n        "a"\n    )\nexcept ValueError as error:\n    r = str(error)\n',
    ],
)
async def test_what_an_exception_is_given_is_left_alone_where_that_would_be_seen(source: str) -> None:
    assert str(await value(f'{source}r')).strip('[]') == str(in_cpython(source, 'r')).strip('(),')


@pytest.mark.parametrize('text', ['"a"', 'f"{1}"', '"a %s" % 1', '"a" + name', '"{}".format(1)', 'str(1)'])
def test_a_text_is_left_as_it_is_written(text: str) -> None:
    source = f'name = "b"\nraise ValueError({text})'
    assert rewritten(source) == source
