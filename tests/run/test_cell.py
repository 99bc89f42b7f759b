"""One cell from its source to its outcome, without an agent or a store."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import cast

import pytest
from pydantic_ai.exceptions import ApprovalRequired
from support.cells import prepared as prepared_cell
from support.driving import pipeline
from support.interrupted import journal_state_of
from support.journal_entries import NOON, call_began, call_ended, call_waits

from pydantic_ai_grail._monty.lent_worker import lend_worker
from pydantic_ai_grail._monty.support import Support, load_support
from pydantic_ai_grail._monty.worker import HostAccess, Worker
from pydantic_ai_grail._run.run_cell import Check, Ran, Resumption, Surroundings, Waiting, run_cell
from pydantic_ai_grail._source.history import History
from pydantic_ai_grail._source.prepared import Prepared
from pydantic_ai_grail.errors import SandboxCrashed
from pydantic_ai_grail.events.cell_events import CellChecked, CellEnded, Event
from pydantic_ai_grail.events.diagnostics import Diagnostic, Position
from pydantic_ai_grail.events.journal_entries import CallBegan, Entry
from pydantic_ai_grail.events.outcomes import Completed, Failed, Refused, Verdict
from pydantic_ai_grail.limits import Limits

pytestmark = pytest.mark.anyio

HINT = Diagnostic(code='wrong-type', message='Perhaps.', position=Position(line=1, column=1), stage='check')


async def double(number: int) -> int:
    """Twice a number."""
    return 2 * number


async def asks(number: int) -> int:
    """Somebody has to allow it."""
    raise ApprovalRequired


async def accepts(prepared: Prepared, *, original: str, history: History) -> Verdict:
    return Verdict(hints=(HINT,))


async def refuses(prepared: Prepared, *, original: str, history: History) -> Verdict:
    return Verdict(refusals=(HINT,))


async def breaks(prepared: Prepared, *, original: str, history: History) -> Verdict:
    raise ZeroDivisionError('in the check')


async def played(
    source: str,
    *,
    check: Check | None = None,
    crashes: bool = False,
    replay: Sequence[Entry] = (),
    support: Support | None = None,
) -> tuple[Completed | Failed | Refused | Waiting, list[Ran], list[Event]]:
    events: list[Event] = []
    kept: list[Ran] = []

    @asynccontextmanager
    async def worker() -> AsyncGenerator[Worker]:
        async with lend_worker(Limits.DEFAULT, host=HostAccess(), functions={}) as lent:
            yield lent

    async def keep(_worker: Worker, ran: Ran) -> None:
        if crashes:
            raise SandboxCrashed('it died')
        kept.append(ran)

    journaled = journal_state_of(replay)
    calls = await pipeline(double, fails, asks, events=events, journaled=journaled, scope='A')
    outcome = await run_cell(
        source,
        Surroundings(
            history=History(),
            calls=calls,
            check=check,
            support=support or load_support(),
            worker=worker,
            keep=keep,
            host=HostAccess(),
            limits=Limits.DEFAULT,
            observe=events.append,
            resumption=Resumption(prepared=prepared_cell(source), suspended=journaled.suspended) if replay else None,
        ),
    )
    return outcome, kept, events


async def test_a_cell_gives_its_value_its_prints_its_calls_and_the_history_with_it() -> None:
    outcome, kept, _ = await played('print("a")\nx = await double(4)', check=accepts)
    assert isinstance(outcome, Completed)
    assert (outcome.value, outcome.value_name, outcome.printed.text) == (8, 'x', 'a\n')
    assert [record.result for record in outcome.calls] == [8]
    assert [ran.history.assigned_names() for ran in kept] == [('x',)]


async def test_a_failure_is_placed_in_the_code_the_model_wrote_and_keeps_the_hints() -> None:
    outcome, kept, _ = await played('y = 1\nx = math.floor(double(4) / 0)', check=accepts)
    assert isinstance(outcome, Failed)
    assert {rewrite.kind for rewrite in outcome.rewrites} >= {'import', 'await'}
    assert outcome.failure.position is not None
    assert outcome.failure.position.line == 2
    assert outcome.hints == (HINT,)
    assert len(kept) == 1


async def test_a_refused_cell_keeps_nothing() -> None:
    outcome, kept, events = await played('await double(1)', check=refuses)
    assert outcome == Refused(refusals=(HINT,), source='await double(1)')
    assert kept == []
    assert [type(event).__name__ for event in events] == ['CellPrepared', 'CellChecked', 'CellEnded']


async def test_a_check_that_fails_itself_lets_the_cell_run_and_is_told() -> None:
    outcome, _, events = await played('await double(1)', check=breaks)
    assert isinstance(outcome, Completed)
    (checked,) = (event for event in events if isinstance(event, CellChecked))
    assert [(hint.code, hint.message) for hint in checked.verdict.hints] == [
        (
            'not-checked',
            'This cell ran unchecked, for the check itself failed: ZeroDivisionError: in the check',
        )
    ]


@pytest.mark.parametrize('check', [accepts, None])
async def test_a_cell_that_our_passes_fail_over_runs_as_it_was_written_and_that_is_told(check: Check | None) -> None:
    outcome, _, events = await played('x = 1\nx + 1', check=check, support=cast('Support', object()))
    assert isinstance(outcome, Completed)
    assert outcome.value == 2
    (checked,) = (event for event in events if isinstance(event, CellChecked))
    (told,) = (hint for hint in checked.verdict.hints if hint.code == 'not-rewritten')
    assert told.message.startswith('This cell was not rewritten, for looking at it failed: AttributeError: ')


async def test_a_worker_that_dies_over_the_dump_loses_the_variables_and_not_the_value() -> None:
    outcome, _, _ = await played('x = await double(1)', crashes=True)
    assert isinstance(outcome, Completed)
    assert (outcome.value, outcome.state_lost) == (2, True)
    assert [record.result for record in outcome.calls] == [2]


async def test_a_failure_before_it_dies_over_the_dump_is_told_as_what_it_was() -> None:
    outcome, _, _ = await played('x = 1 / 0', crashes=True)
    assert isinstance(outcome, Failed)
    assert (outcome.failure.exception_type, outcome.state_lost) == ('ZeroDivisionError', True)


async def fails(number: int) -> int:
    """Cannot."""
    raise RuntimeError(f'no {number}')


@pytest.mark.parametrize(
    ('source', 'line', 'column'),
    [
        ('try:\n    x = await fails(1)\nexcept KeyError:\n    x = None', 2, 5),
        (
            'async def f():\n    try:\n        return await fails(1)\n    except KeyError:\n        return 0\nawait f()',
            3,
            9,
        ),
        ('y = 1\nx = await fails(1)', 2, 5),
    ],
)
async def test_what_a_tool_raised_is_placed_at_its_call_also_when_no_handler_fits(
    source: str, line: int, column: int
) -> None:
    outcome, _, _ = await played(source, check=accepts)
    assert isinstance(outcome, Failed)
    assert outcome.failure.tool_name == 'fails'
    assert outcome.failure.position is not None
    assert (outcome.failure.position.line, outcome.failure.position.column) == (line, column)


# Cells that wait and cells that go on


async def test_a_cell_that_waits_keeps_no_state_and_tells_what_it_did() -> None:
    outcome, kept, events = await played('print("a")\nx = await double(4)\ny = await asks(x)')
    assert isinstance(outcome, Waiting)
    assert outcome.parked.numbers == {2: 1}
    assert outcome.outcome.printed.text == 'a\n'
    assert [record.request.tool_call_id for record in outcome.outcome.waiting] == ['cell__2']
    assert [record.state for record in outcome.outcome.calls] == ['returned', 'waiting']
    assert kept == []
    assert isinstance(events[-1], CellEnded)
    assert events[-1].outcome == outcome.outcome


def doubled(ordinal: int, number: int, *, delivered_before: int = 0) -> list[Entry]:
    began = CallBegan(
        ordinal=ordinal,
        tool='double',
        arguments={'number': number},
        line=1,
        attempt=1,
        delivered_before=delivered_before,
        at=NOON,
    )
    return [began, call_ended(ordinal, 2 * number)]


async def test_a_cell_that_is_run_again_is_neither_prepared_nor_checked_again() -> None:
    outcome, kept, events = await played('await double(4)', check=breaks, replay=doubled(1, 4))
    assert isinstance(outcome, Completed)
    assert [(record.result, record.is_replayed) for record in outcome.calls] == [(8, True)]
    assert len(kept) == 1
    assert [type(event).__name__ for event in events] == ['CallSettled', 'CellEnded']


@pytest.mark.parametrize(
    ('source', 'why'),
    [
        ('await double(5)', 'its call 1, to double(), has other arguments'),
        ('await double(4)', 'it ended before it made all the calls that it had made'),
        ('await double(4)\n1 / 0', 'it ended before it made all the calls that it had made'),
        ('1', 'it ended before it made all the calls that it had made'),
    ],
)
async def test_a_cell_that_does_not_do_the_same_again_fails_and_lists_all_it_did(source: str, why: str) -> None:
    replay = [
        *doubled(1, 4),
        call_began(2, delivered_before=1),
        call_began(3, delivered_before=1),
        call_waits(3),
        *doubled(4, 6, delivered_before=1),
    ]
    outcome, kept, _ = await played(source, replay=replay)
    assert isinstance(outcome, Failed)
    assert outcome.failure.message == (
        f'The cell was interrupted, and run again it does not do the same: {why}. It was stopped. The calls listed '
        'took effect before.'
    )
    assert outcome.failure.kind == 'exception'  # the message of a crash is not told to the model
    assert outcome.state_lost
    assert [(record.request.ordinal, record.state, record.result) for record in outcome.calls] == [
        (1, 'returned', 8),
        (2, 'cancelled', None),
        (4, 'returned', 12),
    ]
    assert kept == []
