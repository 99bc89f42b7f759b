"""What a model reads when its cell fails: the keys that were there, the `None`, what is still there, what not to repeat."""

from __future__ import annotations

from typing import Any

import pytest
from inline_snapshot import snapshot
from pydantic_ai import Tool
from support.agents import agent_with, play
from typing_extensions import TypedDict

pytestmark = pytest.mark.anyio


class Customer(TypedDict):
    name: str
    email: str | None


async def customers() -> list[Customer]:
    """Everybody."""
    return [{'name': 'Ada', 'email': 'ada@x.org'}, {'name': 'Bob', 'email': None}]


async def find(number: int) -> dict[str, Any]:
    """An order."""
    return {'id': number, 'status': 'open'} if number else {}


async def send(to: str, body: str) -> str:
    """Send a letter."""
    return 'sent'


async def refund(order: int) -> str:
    """Pay back."""
    if order > 1:
        raise RuntimeError(f'order {order} was paid back before')
    return f'refunded {order}'


AGENT = agent_with(Tool(customers, metadata={'read_only': True}), find, send, refund)  # type: ignore[arg-type]  # a Tool, where functions are expected


async def feedback(*cells: str) -> str:
    """What came back for the last of these cells, which failed."""
    last = (await play(AGENT, *cells))[-1]
    assert last.outcome in ('refused', 'failed'), last.content
    return last.content


async def test_a_wrong_key_is_answered_with_the_keys_that_are_there() -> None:
    assert await feedback("row = await find(7)\nrow['stauts']") == snapshot("""\
KeyError: stauts
line 2: row['stauts']
Its keys: id, status. Did you mean 'status'?
Calls that were made and are not undone:
  find(number=7) -> {'id': 7, 'status': 'open'}
The same calls, made first and in the same order, return this without being run again. Otherwise use what they returned; make none again that changes anything.
What the cell assigned before it stopped is kept: `row` (from `find`). Continue from there.\
""")


async def test_a_wrong_key_of_a_variable_from_an_earlier_cell_is_answered_too() -> None:
    cells = 'rows = [await find(1), await find(2)]', "key = 'stat'\n[row[key] for row in rows]"
    assert await feedback(*cells) == snapshot("""\
KeyError: stat
line 2: [row[key] for row in rows]
         ^^^^^^^^
Its keys: id, status. Did you mean 'status'?
This cell called no tool.
What the cell assigned before it stopped is kept: `key`. Continue from there.\
""")


async def test_in_a_function_the_results_of_tools_tell_the_key() -> None:
    code = "async def one(n):\n    row = await find(n)\n    return row['Status']\nimport asyncio\nawait asyncio.gather(one(1))"
    assert await feedback(code) == snapshot("""\
KeyError: Status
line 3, in `one`: return row['Status']
                         ^^^^^^^^^^^^^
What `find` returned has the keys: id, status. Did you mean 'status'?
Calls that were made and are not undone:
  find(number=1) -> {'id': 1, 'status': 'open'}
The same calls, made first and in the same order, return this without being run again. Otherwise use what they returned; make none again that changes anything.
What the cell assigned before it stopped is kept; continue from there.\
""")


async def test_an_item_of_a_dict_that_is_empty_says_so() -> None:
    assert await feedback("seen = {}\nseen['a'] += 1") == snapshot("""\
KeyError: a
line 2: seen['a'] += 1
        ^^^^^^^^^
The dict is empty: set the key first, or use `d.get(key, default)`.
This cell called no tool.
What the cell assigned before it stopped is kept: `seen`. Continue from there.\
""")


async def test_asking_for_the_keys_uses_up_no_iterator_of_a_session_that_goes_on() -> None:
    held = 'large = list(range(1_000_000))'  # so large that the same sandbox runs the next cell
    code = "rows = iter([{'b': 1}, {'a': 2}, {'c': 3}])\n[row['a'] for row in rows]"
    cells = await play(AGENT, held, code, 'len(list(rows))')
    assert cells[1].outcome in ('refused', 'failed')
    assert cells[2].content == {'result': 2}


async def test_none_for_a_tool_that_takes_none_names_where_it_came_from_and_what_happened_before() -> None:
    code = "everybody = await customers()\nfor one in everybody:\n    await send(one['email'], 'Hello')"
    assert await feedback(code) == snapshot("""\
send(to=None, body='Hello') raised ValueError: send() was given wrong arguments:
> - to: Input should be a valid string, got None
line 3: await send(one['email'], 'Hello')
`one['email']` is None here, and `to` must not be: test it first, `if one['email'] is not None`.
Calls that were made and are not undone:
  send(to='ada@x.org', body='Hello') -> 'sent'
The same calls, made first and in the same order, return this without being run again. Otherwise use what they returned; make none again that changes anything.
Read-only calls that returned: `customers`
What the cell assigned before it stopped is kept: `everybody` (from `customers`). Continue from there.\
""")


async def test_a_call_that_failed_is_told_apart_from_one_that_took_effect() -> None:
    code = 'first = await refund(1)\ntry:\n    await refund(2)\nexcept RuntimeError:\n    pass\nawait refund(3)'
    assert await feedback(code) == snapshot("""\
refund(order=3) raised RuntimeError: order 3 was paid back before
line 6: await refund(3)
Calls that were made and are not undone:
  refund(order=1) -> 'refunded 1'
The same calls, made first and in the same order, return or raise the same without being run again. Otherwise use what they returned; make none again that changes anything.
Calls that failed:
  refund(order=2): RuntimeError: order 2 was paid back before
What the cell assigned before it stopped is kept: `first` (from `refund`). Continue from there.\
""")


async def test_after_calls_that_only_read_nothing_warns_of_making_them_again() -> None:
    assert await feedback('everybody = await customers()\n1 / 0') == snapshot("""\
ZeroDivisionError: division by zero
line 2: 1 / 0
Read-only calls that returned: `customers`
What the cell assigned before it stopped is kept: `everybody` (from `customers`). Continue from there.\
""")


async def test_a_failed_call_that_was_the_only_one_says_so() -> None:
    assert await feedback('await refund(2)') == snapshot("""\
refund(order=2) raised RuntimeError: order 2 was paid back before
line 1: await refund(2)
This cell called no other tool.\
""")


async def test_calls_after_one_that_failed_are_said_to_be_given_again_as_its_failure_is() -> None:
    code = 'try:\n    await refund(2)\nexcept RuntimeError:\n    pass\nawait refund(1)\n1 / 0'
    assert await feedback(code) == snapshot("""\
ZeroDivisionError: division by zero
line 6: 1 / 0
Calls that were made and are not undone:
  refund(order=1) -> 'refunded 1'
The same calls, made first and in the same order, return or raise the same without being run again. Otherwise use what they returned; make none again that changes anything.
Calls that failed:
  refund(order=2): RuntimeError: order 2 was paid back before\
""")


async def test_a_constant_is_no_suggestion_for_a_variable() -> None:
    assert 'Did you mean' not in await feedback('failed')
    assert 'Did you mean False?' in await feedback('false')
