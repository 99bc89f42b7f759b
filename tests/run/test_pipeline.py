"""One call: bound, counted, journaled, answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

import pytest
from pydantic_ai import ModelRetry, RunContext, ToolReturn
from pydantic_ai.exceptions import ToolFailed
from pydantic_ai.toolsets import FunctionToolset
from support.driving import driven, pipeline

from pydantic_ai_grail._monty.stops import CallStop, RaisedBy, Returned, Settled
from pydantic_ai_grail.events.calls import CallRecord, CallRequest, ToolFacts
from pydantic_ai_grail.events.cell_events import CallSettled, CallStarted

pytestmark = pytest.mark.anyio


class Level(Enum):
    LOW = 'low'
    HIGH = 'high'


@dataclass
class Ticket:
    title: str
    due: date
    price: Decimal


async def open_ticket(title: str, level: Level = Level.LOW, *, due: date | None = None) -> Ticket:
    """Open a ticket."""
    return Ticket(f'{title} ({level.name})', due or date(2026, 1, 1), Decimal('1.50'))


async def test_arguments_reach_the_tool_validated_and_results_keep_their_types() -> None:
    run = await driven(
        'import datetime\nt = await open_ticket("a", "high", due=datetime.date(2026, 5, 1))\nt', open_ticket
    )
    assert run.value == {'title': 'a (HIGH)', 'due': date(2026, 5, 1), 'price': Decimal('1.50')}


async def test_a_call_is_journaled_with_its_arguments_its_line_and_its_result() -> None:
    run = await driven('\nx = await open_ticket("a")', open_ticket)
    request = CallRequest(
        tool_call_id='cell__1',
        ordinal=1,
        tool=ToolFacts(tool_name='open_ticket', python_name='open_ticket'),
        args={'title': 'a'},
        line=2,
    )
    record = CallRecord(
        request=request,
        state='returned',
        result={'title': 'a (LOW)', 'due': date(2026, 1, 1), 'price': Decimal('1.50')},
        seconds=run.calls[0].seconds,
    )
    assert run.calls == (record,)
    assert record.seconds > 0
    assert run.events == [CallStarted(cell_id='cell', request=request), CallSettled(cell_id='cell', record=record)]


@pytest.mark.parametrize(
    ('call', 'error'),
    [
        ('open_ticket()', 'ValueError: open_ticket() was given wrong arguments:\n- title: Field required'),
        (
            'open_ticket(3)',
            'ValueError: open_ticket() was given wrong arguments:\n- title: Input should be a valid string, got 3',
        ),
        (
            "open_ticket('a', 'medium')",
            "ValueError: open_ticket() was given wrong arguments:\n- level: Input should be 'low' or 'high', got 'medium'",
        ),
        (
            "open_ticket('a', titel='b')",
            "TypeError: open_ticket() got an unexpected keyword argument 'titel'",
        ),
        ("open_ticket('a', title='b')", "TypeError: open_ticket() got multiple values for argument 'title'"),
        (
            "open_ticket('a', 'low', None)",
            'TypeError: open_ticket() takes 2 positional arguments but 3 were given',
        ),
        ("open_tickets('a')", "NameError: name 'open_tickets' is not defined. Did you mean 'open_ticket'?"),
        ('frobnicate()', "NameError: name 'frobnicate' is not defined"),
    ],
)
async def test_a_wrong_call_raises_in_the_tools_terms(call: str, error: str) -> None:
    run = await driven(f'await {call}', open_ticket)
    assert run.error == error


class OddError(Exception):
    """Of the tool's own."""


@pytest.mark.parametrize(
    ('raised', 'error'),
    [
        (ModelRetry('use another city'), 'RuntimeError: use another city'),
        (ToolFailed('the service is down'), 'RuntimeError: the service is down'),
        (PermissionError('not yours'), 'PermissionError: not yours'),
        (OddError('odd'), 'Exception: OddError: odd'),
    ],
)
async def test_what_a_tool_raises_is_raised_at_the_call(raised: Exception, error: str) -> None:
    async def act() -> str:
        raise raised

    run = await driven('await act()', act)
    assert run.error == error
    assert [(record.state, record.error) for record in run.calls] == [('raised', error)]


async def test_calls_beyond_the_budget_are_refused_at_their_line() -> None:
    run = await driven(
        'import asyncio\nawait asyncio.gather(*[open_ticket("a") for _ in range(5)])', open_ticket, max_tool_calls=3
    )
    assert run.error == 'RuntimeError: this cell has made its 3 tool calls; make fewer, or continue in the next cell'
    assert run.calls == ()

    run = await driven('for _ in range(5): await open_ticket("a")', open_ticket, max_tool_calls=3)
    assert len(run.calls) == 3


async def test_what_a_tool_returns_for_the_models_eyes_is_kept_beside_its_value() -> None:
    async def look() -> ToolReturn[int]:
        return ToolReturn(7, content='what the eyes see')

    calls = await pipeline(look)
    run = await driven('await look()', look)
    assert run.value == 7
    assert calls.progress.user_content == {}


class Odd:
    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError('no')


def containing_itself() -> list[Any]:
    circle: list[Any] = [1]
    circle.append(circle)
    return circle


@pytest.mark.parametrize(
    ('returned', 'value', 'types'),
    [
        (Odd('3.14'), '3.14', ('Odd',)),
        ({'root': Odd('1.5'), 'steps': (1, Odd('2.5'))}, {'root': '1.5', 'steps': (1, '2.5')}, ('Odd',)),
        ([Fraction(1, 3), Odd('x')], ['1/3', 'x'], ('Odd',)),
        (containing_itself(), '[1, [...]]', ('list',)),
        (Odd('a' * 50_000), 'a' * 10_000 + '…', ('Odd',)),
    ],
)
async def test_code_gets_the_text_of_a_result_that_has_no_form_in_the_sandbox(
    returned: Any, value: Any, types: tuple[str, ...]
) -> None:
    async def handle() -> Any:
        return returned

    run = await driven('await handle()', handle)
    assert run.value == value
    assert run.calls[0].as_text == types


async def test_a_result_that_cannot_even_be_told_is_named_by_its_type() -> None:
    async def handle() -> Any:
        return Unprintable()

    run = await driven('await handle()', handle)
    assert 'Unprintable object at' in run.value


async def test_tools_keep_their_run_context() -> None:
    toolset = FunctionToolset[Any]()

    @toolset.tool
    async def whoami(ctx: RunContext[Any]) -> str:
        return f'{ctx.tool_name} {ctx.tool_call_id}'

    run = await driven('[await whoami(), await whoami()]', toolset=toolset)
    assert run.value == ['whoami cell__1', 'whoami cell__2']


async def test_arguments_that_cannot_leave_the_sandbox_are_refused_at_the_call() -> None:
    async def keep(value: object) -> int:
        return 1

    run = await driven('x = []\nfor _ in range(300): x = [x]\nawait keep(x)', keep)
    assert run.error == 'ValueError: the arguments of keep() cannot leave the sandbox: it nests deeper than 200 levels'
    assert run.calls == ()


async def test_names_of_tools_are_functions_and_others_are_not_defined() -> None:
    assert (await driven('f = open_ticket\n(await f("a"))["title"]', open_ticket)).value == 'a (LOW)'
    assert (await driven('f = shut_ticket', open_ticket)).error == "NameError: name 'shut_ticket' is not defined"


async def test_functions_of_ours_are_answered_at_once_and_are_no_calls() -> None:
    def help(name: str) -> str:
        if name == 'nothing':
            raise LookupError(f'no help on {name}')
        return f'help on {name}'

    calls = await pipeline(open_ticket, answerers={'help': help})
    assert calls.is_function('help')

    def asked(*args: object) -> Settled | CallRequest:
        return calls.accept(CallStop(number=0, name='help', args=args, kwargs={}, line=1))

    assert asked('me') == Returned('help on me')
    assert asked('nothing') == RaisedBy('LookupError', 'no help on nothing')
    assert isinstance(asked(), RaisedBy)
    assert (calls.position.accepted, len(calls.progress.records)) == (0, 0)
