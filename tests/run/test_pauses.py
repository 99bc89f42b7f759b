"""A program that waits for decisions: parked where it stands, and gone on with in another worker."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import anyio
import pytest
from pydantic_ai import RunContext, ToolReturn, UsageLimits
from pydantic_ai.exceptions import ApprovalRequired, CallDeferred, UsageLimitExceeded
from pydantic_ai.tool_manager import ToolManager
from pydantic_ai.toolsets import FunctionToolset
from support.interrupted import APPROVED, NOON, Interrupted

from pydantic_ai_grail._journal.pauses import Parked
from pydantic_ai_grail._monty.stops import DoneStop
from pydantic_ai_grail.errors import SnapshotVersionMismatch
from pydantic_ai_grail.events.journal_entries import CallBegan, CallWaits, CellSuspended, Decided
from pydantic_ai_grail.limits import Limits

pytestmark = pytest.mark.anyio


@dataclass
class Desk:
    """Tools of which some wait; `made` has the effects."""

    made: list[str] = field(default_factory=list[str])

    def toolset(self) -> FunctionToolset[Any]:
        async def refund(ctx: RunContext[Any], order: int) -> str:
            """Has to be allowed."""
            if not ctx.tool_call_approved:
                raise ApprovalRequired(metadata={'order': order})
            self.made.append(f'refund {order}')
            return f'refunded {order}'

        async def fax(number: str) -> str:
            """Somebody else makes it."""
            raise CallDeferred

        async def look(order: int) -> str:
            """Needs nobody."""
            self.made.append(f'look {order}')
            return f'order {order}'

        def close(ctx: RunContext[Any], day: int) -> str:
            """Alone, and has to be allowed."""
            if not ctx.tool_call_approved:
                raise ApprovalRequired
            self.made.append(f'close {day}')
            return f'closed {day}'

        def count(day: int) -> str:
            """Alone."""
            self.made.append(f'count {day}')
            return f'counted {day}'

        toolset = FunctionToolset[Any]()
        toolset.add_function(refund)
        toolset.add_function(fax)
        toolset.add_function(look)
        for tool in (close, count):
            toolset.add_function(tool, sequential=True)
        return toolset


def program(source: str, desk: Desk, **options: Any) -> Interrupted:
    return Interrupted(source=source, toolset=desk.toolset(), **options)


# What waits and what goes on


async def test_a_call_that_waits_parks_the_program_and_goes_on_when_it_is_allowed() -> None:
    desk = Desk()
    it = program('x = await refund(1)\nx + "!"', desk)
    went = await it.go()
    assert went.parked.numbers == {1: 0}
    assert went.states == ['waiting']
    assert went.waiting == {
        'cell__1': CallWaits(ordinal=1, reason='approval', metadata={'order': 1}, until=None, at=NOON)
    }
    assert desk.made == []
    went = await it.go({1: APPROVED})
    assert went.value == 'refunded 1!'
    assert desk.made == ['refund 1']
    assert it.shown() == ['1 began', '1 waits', 'CellSuspended', 'CellResumed', '1 began', '1 returned']


async def test_branches_that_need_no_decision_go_on_as_far_as_they_can() -> None:
    desk = Desk()
    code = """
import asyncio
async def easy():
    return [await look(n) for n in range(3)], count(7)
await asyncio.gather(refund(1), easy(), refund(2))
"""
    it = program(code, desk)
    went = await it.go()
    assert list(went.waiting) == ['cell__1', 'cell__2']
    assert desk.made == ['look 0', 'look 1', 'look 2', 'count 7']
    went = await it.go({1: APPROVED, 2: APPROVED})
    assert went.value == ['refunded 1', (['order 0', 'order 1', 'order 2'], 'counted 7'), 'refunded 2']
    assert desk.made[4:] == ['refund 1', 'refund 2']


async def test_what_is_not_decided_goes_on_waiting() -> None:
    desk = Desk()
    it = program('import asyncio\nawait asyncio.gather(refund(1), refund(2), refund(3))', desk)
    await it.go()
    went = await it.go({2: APPROVED})
    assert list(went.waiting) == ['cell__1', 'cell__3']
    went = await it.go({})
    assert list(went.waiting) == ['cell__1', 'cell__3']
    went = await it.go({1: APPROVED})
    went = await it.go({3: APPROVED})
    assert went.value == ['refunded 1', 'refunded 2', 'refunded 3']
    assert desk.made == ['refund 2', 'refund 1', 'refund 3']


async def test_a_call_that_runs_alone_may_wait_while_others_are_under_way() -> None:
    desk = Desk()
    code = """
import asyncio
async def one():
    x = await look(1)
    return x, await refund(2)
async def other():
    return close(3), await look(4)
await asyncio.gather(one(), other())
"""
    it = program(code, desk)
    went = await it.go()
    assert went.parked.at_call == 2
    assert list(went.waiting) == ['cell__2']
    assert desk.made == ['look 1']
    went = await it.go({2: APPROVED})
    assert list(went.waiting) == ['cell__4']
    went = await it.go({4: APPROVED})
    assert went.value == [('order 1', 'refunded 2'), ('closed 3', 'order 4')]
    assert sorted(desk.made) == ['close 3', 'look 1', 'look 4', 'refund 2']


async def test_a_call_that_runs_alone_and_is_not_decided_waits_on() -> None:
    desk = Desk()
    it = program('import asyncio\nasync def other(): return close(1)\nawait asyncio.gather(refund(0), other())', desk)
    await it.go()
    went = await it.go({1: APPROVED})
    assert went.parked.at_call == 2
    assert (await it.go({2: APPROVED})).value == ['refunded 0', 'closed 1']


async def test_sleeps_that_ended_meanwhile_have_ended() -> None:
    desk = Desk()
    code = """
import asyncio
async def nap(seconds):
    await asyncio.sleep(seconds)
    return seconds
async def ask():
    return close(1)
await asyncio.gather(nap(0), nap(0.001), ask())
"""
    it = program(code, desk)
    went = await it.go()
    assert len(went.parked.slept) == 2
    assert (await it.go({1: APPROVED})).value == [0, 0.001, 'closed 1']


async def test_in_pydantic_ais_sequential_mode_a_program_waits_as_well() -> None:
    desk = Desk()
    it = program('import asyncio\nawait asyncio.gather(look(1), refund(2), look(3))', desk)
    with ToolManager.parallel_execution_mode('sequential'):
        assert list((await it.go()).waiting) == ['cell__2']
        assert (await it.go({2: APPROVED})).value == ['order 1', 'refunded 2', 'order 3']
    assert desk.made == ['look 1', 'look 3', 'refund 2']


async def test_code_cannot_catch_or_hinder_a_wait() -> None:
    desk = Desk()
    code = """
try:
    x = await refund(1)
except BaseException as error:
    x = repr(error)
finally:
    await look(2)
x
"""
    it = program(code, desk)
    went = await it.go()
    assert isinstance(went.ending, Parked)
    assert desk.made == []
    assert (await it.go({1: APPROVED})).value == 'refunded 1'
    assert desk.made == ['refund 1', 'look 2']


async def test_a_tool_may_ask_again_after_it_was_allowed() -> None:
    asked: list[bool] = []

    async def launch(ctx: RunContext[Any]) -> str:
        asked.append(ctx.tool_call_approved)
        if len(asked) < 3:
            raise ApprovalRequired
        return 'launched'

    it = Interrupted(source='await launch()', toolset=[launch])
    await it.go()
    assert list((await it.go({1: APPROVED})).waiting) == ['cell__1']
    assert (await it.go({1: APPROVED})).value == 'launched'
    assert asked == [False, True, True]


# Decisions


@pytest.mark.parametrize(
    ('decided', 'error'),
    [
        (Decided(kind='deny', message='ask the boss'), 'PermissionError: ask the boss'),
        (Decided(kind='raise', exception_type='LookupError', message='no such fax'), 'LookupError: no such fax'),
    ],
)
async def test_a_call_that_was_denied_or_failed_elsewhere_raises_at_its_line(decided: Decided, error: str) -> None:
    it = program('\nawait fax("1")', Desk())
    assert (await it.go()).waiting['cell__1'].reason == 'external'
    went = await it.go({1: decided})
    assert went.error == error
    assert [(record.state, record.error, record.request.line) for record in went.calls] == [
        ('denied' if decided.kind == 'deny' else 'raised', error, 2)
    ]


@pytest.mark.parametrize('source', ['asyncio.gather(close(1), refund(2))', 'asyncio.gather(refund(2), close(1))'])
async def test_what_was_allowed_is_done_although_what_was_denied_with_it_ends_the_program(source: str) -> None:
    async def refund(ctx: RunContext[Any], order: int) -> str:
        if not ctx.tool_call_approved:
            raise ApprovalRequired
        await anyio.sleep(0.05)  # longer than it takes the program to end
        made.append(order)
        return 'refunded'

    async def close(ctx: RunContext[Any], day: int) -> str:
        raise ApprovalRequired

    made: list[int] = []
    it = Interrupted(source=f'import asyncio\nawait {source}', toolset=[refund, close])
    waiting = (await it.go()).waiting
    went = await it.go({wait.ordinal: _answer(it, wait) for wait in waiting.values()})
    assert went.error == 'PermissionError: no'
    assert made == [2]
    assert sorted(went.states) == ['denied', 'returned']


def _answer(it: Interrupted, wait: CallWaits) -> Decided:
    tool = next(entry.tool for entry in it.entries if isinstance(entry, CallBegan) and entry.ordinal == wait.ordinal)
    return APPROVED if tool == 'refund' else Decided(kind='deny', message='no')


async def test_what_was_allowed_is_done_although_a_call_that_runs_alone_was_denied() -> None:
    desk = Desk()
    code = """
import asyncio
async def ends():
    close(7)
await asyncio.gather(refund(1), ends())
"""
    it = program(code, desk)
    assert list((await it.go()).waiting) == ['cell__2', 'cell__1']
    went = await it.go({1: APPROVED, 2: Decided(kind='deny', message='no')})
    assert went.error == 'PermissionError: no'
    assert desk.made == ['refund 1']


async def test_the_result_of_somebody_else_is_the_calls() -> None:
    it = program('await fax("1")', Desk())
    await it.go()
    assert (await it.go({1: Decided(kind='result', value={'pages': (1, 2)})})).value == {'pages': (1, 2)}


async def test_a_call_runs_with_the_arguments_that_were_changed() -> None:
    desk = Desk()
    it = program('await refund(1)', desk)
    await it.go()
    assert (await it.go({1: Decided(kind='approve', arguments={'order': 5})})).value == 'refunded 5'
    assert desk.made == ['refund 5']


@pytest.mark.parametrize(('later', 'outcome'), [(59, 'refunded 1'), (61, 'nobody decided on refund() in time')])
async def test_a_decision_counts_until_it_expires(later: int, outcome: str) -> None:
    desk = Desk()
    code = 'try:\n    x = await refund(1)\nexcept TimeoutError as error:\n    x = str(error)\nx'
    it = program(code, desk, decision_seconds=60)
    assert (await it.go()).waiting['cell__1'].until == NOON + timedelta(seconds=60)
    it.now += timedelta(seconds=later)
    assert (await it.go({1: APPROVED})).value == outcome
    assert desk.made == (['refund 1'] if later < 60 else [])


async def test_a_call_nobody_decides_on_expires_when_the_program_goes_on() -> None:
    it = program('import asyncio\nawait asyncio.gather(refund(1), refund(2))', Desk(), decision_seconds=60)
    await it.go()
    it.now += timedelta(seconds=61)
    assert (await it.go({})).error == 'TimeoutError: nobody decided on refund() in time'


async def test_decisions_that_were_made_in_time_count_whenever_the_program_goes_on_again() -> None:
    desk = Desk()
    it = program('await refund(1)', desk, decision_seconds=60)
    await it.go()
    with pytest.raises(Exception, match='the process died'):
        await it.go({1: APPROVED}, dies_after=len(it.entries) + 1)
    it.now += timedelta(days=1)
    assert (await it.go()).value == 'refunded 1'


async def test_what_an_allowed_tool_shows_the_model_is_kept_over_a_further_wait() -> None:
    async def photo(ctx: RunContext[Any]) -> ToolReturn[int]:
        if not ctx.tool_call_approved:
            raise ApprovalRequired
        return ToolReturn(7, content=['a photo', 'of seven'])

    it = Interrupted(source='[await photo(), await photo()]', toolset=[photo])
    await it.go()
    assert (await it.go({1: APPROVED})).content == {'cell__1': ('a photo', 'of seven'), 'cell__2': ()}
    went = await it.go({2: APPROVED})
    assert went.value == [7, 7]
    assert went.content == {'cell__1': ['a photo', 'of seven'], 'cell__2': ('a photo', 'of seven')}
    assert [record.is_replayed for record in went.calls] == [True, False]


async def test_a_tool_that_is_gone_cannot_be_allowed_any_more() -> None:
    it = program('await refund(1)', Desk())
    await it.go()

    async def other() -> str:
        return 'other'

    it.toolset = [other]
    assert (await it.go({1: APPROVED})).error == "NameError: the tool 'refund' is gone"


# Budgets go on


async def test_prints_go_on_and_so_does_their_limit() -> None:
    it = program('print("abc")\nawait refund(1)\nprint("defg")', Desk(), limits=Limits(max_print_chars=6))
    assert (await it.go()).printed.text == 'abc\n'
    went = await it.go({1: APPROVED})
    assert (went.printed.text, went.printed.dropped_chars) == ('abc\nde', 3)


async def test_sleeping_is_counted_over_all_of_the_cell() -> None:
    code = 'import time\ntime.sleep(0.02)\nawait refund(1)\ntime.sleep(0.02)'
    it = program(code, Desk(), limits=Limits(max_sleep_secs=0.03))
    await it.go()
    assert (await it.go({1: APPROVED})).error == 'TimeoutError: a cell may sleep 0.03 s in total'


async def test_calls_are_counted_over_all_of_the_cell() -> None:
    desk = Desk()
    it = program('await look(1)\nawait refund(2)\nawait look(3)\nawait look(4)', desk, max_tool_calls=3)
    await it.go()
    assert (await it.go({2: APPROVED})).error == (
        'RuntimeError: this cell has made its 3 tool calls; make fewer, or continue in the next cell'
    )
    assert desk.made == ['look 1', 'refund 2', 'look 3']


@pytest.mark.parametrize('call', ['await refund(1)', 'close(1)'])
async def test_a_usage_limit_ends_a_run_that_goes_on(call: str) -> None:
    desk = Desk()
    it = program(f'try:\n    {call}\nexcept BaseException:\n    pass\nawait look(2)', desk)
    await it.go()
    it.usage_limits = UsageLimits(tool_calls_limit=1)
    with pytest.raises(UsageLimitExceeded):
        await it.go({1: APPROVED})
    assert desk.made == []


async def test_a_usage_limit_that_a_gather_ran_into_ends_it_before_it_waits() -> None:
    desk = Desk()
    code = 'import asyncio\nasync def other(): return close(9)\nawait asyncio.gather(other(), *[look(n) for n in range(5)])'
    it = program(code, desk, usage_limits=UsageLimits(tool_calls_limit=3))
    with pytest.raises(UsageLimitExceeded):
        await it.go()
    assert it.shown()[-1] != 'CellSuspended'


# What goes wrong


async def test_a_dump_that_monty_cannot_read_is_told() -> None:
    it = program('await refund(1)', Desk())
    await it.go()
    suspended = it.entries[-1]
    assert isinstance(suspended, CellSuspended)
    it.entries[-1] = replace(suspended, dump=b'nonsense')
    with pytest.raises(SnapshotVersionMismatch, match='This version of Monty cannot read the state'):
        await it.go()


async def test_cancelling_a_program_that_goes_on_leaves_no_task_and_ends_its_calls() -> None:
    reached, ended = anyio.Event(), list[str]()

    async def refund(ctx: RunContext[Any], order: int) -> str:
        if not ctx.tool_call_approved:
            raise ApprovalRequired
        reached.set()
        try:
            await anyio.sleep_forever()
        finally:
            ended.append(f'refund {order}')
        return 'never'

    it = Interrupted(source='await refund(1)', toolset=[refund])
    await it.go()
    before = asyncio.all_tasks()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(it.go, {1: APPROVED})
        await reached.wait()
        tasks.cancel_scope.cancel()
    assert ended == ['refund 1']
    assert asyncio.all_tasks() == before
    assert it.shown()[-1] == '1 began'
    assert isinstance((await program('1 + 1', Desk()).go()).ending, DoneStop)
