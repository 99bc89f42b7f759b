"""The records below the span of a cell: a console prints nothing when a span ends, so what is to be seen at night is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from inline_snapshot import snapshot
from opentelemetry.trace import StatusCode
from support.cell_events import CELL, SOURCE, call, completed, events_of, failed, refused, suspended, troubles
from support.traces import Traces, traces_in_memory

from pydantic_ai_grail._tracing.otel import CellSpan
from pydantic_ai_grail.errors import SnapshotMissing
from pydantic_ai_grail.events.cell_events import (
    CallStarted,
    CellDenied,
    CellResumed,
    CellStarted,
    CellWaits,
    Event,
    StateLost,
)
from pydantic_ai_grail.events.outcomes import Outcome, Suspended

STARTED = CellStarted(cell_id=CELL, conversation_id='conversation_1', source=SOURCE, owner='ada')
WAITING = replace(call('waiting'), result=None)
UNKNOWN = replace(WAITING, is_unknown=True)


def told(*events: Event, include_content: bool = True, error: BaseException | None = None) -> list[tuple[Any, ...]]:
    """Level, name and message of each record."""
    return [
        (facts['logfire.level_num'], facts['event.name'], facts['logfire.msg'])
        for facts in records(traced(*events, include_content=include_content, error=error))
    ]


def traced(*events: Event, include_content: bool = True, error: BaseException | None = None) -> Traces:
    traces = traces_in_memory()
    span = CellSpan(traces.tracer, include_content=include_content, started=STARTED)
    observe = span.__enter__()
    for event in (STARTED, *events):
        observe(event)
    span.__exit__(None if error is None else type(error), error, None)
    return traces


def records(traces: Traces) -> Sequence[dict[str, Any]]:
    return [dict(span.attributes or {}) for span in traces.spans if span.name == 'cell record']


def ended(outcome: Outcome) -> list[Event]:
    return [event for event in events_of(outcome) if not isinstance(event, CellStarted)]


STORIES: dict[str, tuple[Sequence[Event], BaseException | None]] = {
    'goes on': ([CellResumed(cell_id=CELL, was_waiting=True, trace={})], None),
    'goes on after a kill': ([CellResumed(cell_id=CELL, was_waiting=False, trace={})], None),
    'came to a wait': (ended(Suspended(waiting=(WAITING,))), None),
    'waits on': ([CellWaits(cell_id=CELL, waiting=(WAITING,))], None),
    'has not begun': ([CellWaits(cell_id=CELL, waiting=())], None),
    'unknown': (ended(Suspended(waiting=(UNKNOWN, WAITING))), None),
    'denied': ([CellDenied(cell_id=CELL, message='secret')], None),
    'refused': (ended(refused()), None),
    'failed': (ended(failed()), None),
    'limit': (ended(failed('limit', limit='time')), None),
    'crashed': (ended(failed('crash')), None),
    'cancelled': (ended(failed('cancelled')), None),
    'cancelled in a call': ([CallStarted(cell_id=CELL, request=call().request)], KeyboardInterrupt('secret')),
    'ended its run': ([], RuntimeError('secret')),
    'state': (troubles(), None),
}


@pytest.mark.parametrize('include_content', [True, False])
@pytest.mark.parametrize('story', STORIES)
def test_no_two_mishaps_are_told_alike_and_none_gives_content_away(story: str, *, include_content: bool) -> None:
    events, error = STORIES[story]
    found = told(*events, include_content=include_content, error=error)
    secrets = ('goes on', 'goes on after a kill', 'came to a wait', 'waits on', 'has not begun', 'unknown')
    may_quote = story not in (*secrets, 'cancelled', 'cancelled in a call')
    assert all(('secret' in message) == (include_content and may_quote) for _, _, message in found)
    others = [told(*STORIES[other][0], error=STORIES[other][1]) for other in STORIES if other != story]
    assert story in ('came to a wait', 'waits on') or told(*events, error=error) not in others


def test_every_mishap_is_told_at_its_level_with_a_stable_name() -> None:
    found = [record for events, error in STORIES.values() for record in told(*events, error=error)]
    assert found == snapshot(
        [
            (9, 'grail.cell.resumed', 'cell resumed from where it waited'),
            (9, 'grail.cell.resumed', 'cell resumed from its beginning, for it was interrupted'),
            (9, 'grail.cell.waits', 'cell waits for a decision on search'),
            (9, 'grail.cell.waits', 'cell waits for a decision on search'),
            (9, 'grail.cell.waits', 'cell waits for a cell before it'),
            (
                13,
                'grail.cell.unknown_call',
                'cell waits: it is unknown whether search took effect when its process died',
            ),
            (9, 'grail.cell.waits', 'cell waits for a decision on search'),
            (9, 'grail.cell.denied', 'cell denied: secret'),
            (13, 'grail.cell.refused', 'cell refused: unknown-name, missing-argument: a secret name'),
            (17, 'grail.cell.failed', 'cell failed: ValueError, line 1, in search: secret'),
            (17, 'grail.cell.limit', 'cell hit a limit: time, line 1, in search: secret'),
            (17, 'grail.cell.crashed', "cell's worker died: ValueError, line 1, in search: secret"),
            (9, 'grail.cell.cancelled', 'cell cancelled'),
            (13, 'grail.cell.cancelled', 'cell cancelled in search'),
            (17, 'grail.cell.error', 'cell ended its run: RuntimeError: secret'),
            (13, 'grail.state.lost', 'cell has lost the variables of before: SnapshotMissing: the secret snapshot'),
            (13, 'grail.state.unsaved', "cell's state was not kept: StoreTimeout: the secret store"),
        ]
    )


def test_an_ordinary_cell_leaves_none() -> None:
    assert told(*ended(completed(call()))) == []


def test_a_record_says_whose_cell_it_is_about() -> None:
    ids = {'gen_ai.tool.call.id': CELL, 'gen_ai.conversation.id': 'conversation_1'}
    [with_owner] = records(traced(*ended(failed())))
    assert (ids | {'grail.conversation.owner': 'ada', 'error.type': 'ValueError'}).items() <= with_owner.items()
    [without] = records(traced(*ended(failed()), include_content=False))
    assert ids.items() <= without.items()
    assert 'ada' not in repr(without)


@pytest.mark.parametrize('error', [None, RuntimeError('x')], ids=['ended', 'left'])
def test_every_record_is_below_its_cell(error: BaseException | None) -> None:
    traces = traced(*ended(refused()) if error is None else (), error=error)
    [cell] = [span for span in traces.spans if span.name == 'run cell']
    [record] = [span for span in traces.spans if span.name == 'cell record']
    assert record.parent is not None
    assert cell.context is not None
    assert record.parent.span_id == cell.context.span_id


def test_only_errors_have_the_status_of_an_error() -> None:
    statuses = {
        story: {span.status.status_code for span in traced(*events, error=error).spans}
        for story, (events, error) in STORIES.items()
    }
    errors = {story for story, found in statuses.items() if StatusCode.ERROR in found}
    assert errors == {'failed', 'limit', 'crashed', 'ended its run'}


def test_a_reason_that_ends_the_run_too_is_quoted_once() -> None:
    lost = SnapshotMissing('secret')
    found = [message for _, _, message in told(StateLost(cell_id=CELL, reason=lost), error=lost)]
    assert found == [
        'cell has lost the variables of before: SnapshotMissing: secret',
        'cell ended its run: SnapshotMissing',
    ]


def test_what_a_tool_raises_to_end_everything_is_no_cancellation() -> None:
    class Stop(BaseException):
        pass

    assert [name for _, name, _ in told(error=Stop('now'))] == ['grail.cell.error']


def test_a_cell_that_waits_ends_as_suspended() -> None:
    """Pydantic AI is told by an exception, which is no error of the cell's."""
    traces = traced(CellWaits(cell_id=CELL, waiting=(WAITING,)), error=RuntimeError('approval required'))
    assert traces.attributes['grail.cell.outcome'] == 'suspended'
    assert traces.attributes['logfire.msg'] == 'run cell: suspended'
    assert [span.status.status_code for span in traces.spans] == [StatusCode.UNSET, StatusCode.UNSET]


def test_many_tools_are_not_all_named() -> None:
    request = call().request
    calls = [
        replace(WAITING, request=replace(request, tool=replace(request.tool, python_name=f'tool_{number}')))
        for number in range(7)
    ]
    [(_, _, message)] = told(CellWaits(cell_id=CELL, waiting=tuple(calls)))
    assert message == 'cell waits for a decision on tool_0, tool_1, tool_2, tool_3, tool_4 and 2 more'


def test_events_of_a_suspended_cell_are_told_once() -> None:
    assert [name for _, name, _ in told(*ended(suspended()), error=RuntimeError('approval'))] == ['grail.cell.waits']
