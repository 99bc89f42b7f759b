"""The events of one cell that calls a tool, prints, and gives a value: every text in them says `secret`."""

from __future__ import annotations

from typing import Any

from pydantic_ai_grail.errors import SnapshotMissing, StoreTimeout
from pydantic_ai_grail.events.calls import CallRecord, CallRequest, CallState, ToolFacts, call_id
from pydantic_ai_grail.events.cell_events import (
    CallSettled,
    CallStarted,
    CellChecked,
    CellClosed,
    CellEnded,
    CellPrepared,
    CellStarted,
    Event,
    SnapshotFailed,
    SnapshotSaved,
    StateLost,
    StateRestored,
)
from pydantic_ai_grail.events.diagnostics import Diagnostic, Position, Rewrite
from pydantic_ai_grail.events.outcomes import (
    CodeFrame,
    Completed,
    Failed,
    Failure,
    FailureKind,
    Outcome,
    Printed,
    Refused,
    Suspended,
    Verdict,
)
from pydantic_ai_grail.limits import LimitName

CELL = 'call_1'
SOURCE = 'rows = search(\n    "secret"\n)'
PRINTED = Printed(text='secret print\n')
REWRITE = Rewrite(kind='await', line=1, note='added `await` to the secret call')
FACTS = ToolFacts(tool_name='search', python_name='search')


def diagnostic(code: str = 'unknown-name') -> Diagnostic:
    return Diagnostic(
        code=code, message='a secret name', position=Position(line=1, column=8), stage='check', fix='the secret fix'
    )


def call(state: CallState = 'returned', ordinal: int = 1) -> CallRecord:
    request = CallRequest(
        tool_call_id=call_id(CELL, ordinal), ordinal=ordinal, tool=FACTS, args={'query': 'secret'}, line=1
    )
    error = 'ValueError: secret' if state == 'raised' else None
    return CallRecord(request=request, state=state, result='secret', error=error, seconds=0.25)


def completed(*calls: CallRecord) -> Completed:
    return Completed(value='secret', has_value=True, printed=PRINTED, calls=calls, rewrites=(REWRITE,))


def refused() -> Refused:
    return Refused(refusals=(diagnostic(), diagnostic('missing-argument')), source=SOURCE)


def failed(kind: FailureKind = 'exception', *, limit: LimitName | None = None) -> Failed:
    failure = Failure(
        kind=kind,
        exception_type='ValueError',
        message='secret',
        frames=(CodeFrame(line=1, column=8),),
        limit=limit,
        tool_name='search',
    )
    return Failed(failure=failure, source=SOURCE, printed=PRINTED, calls=(call('raised'),), hints=(diagnostic(),))


def suspended() -> Suspended:
    return Suspended(waiting=(call('started'),), printed=PRINTED, calls=(call('started'),))


def events_of(outcome: Outcome, *, verdict: Verdict | None = None) -> list[Event]:
    """Everything an observer is told of a cell that found its state and kept it."""
    records: Any = () if isinstance(outcome, Refused) else outcome.calls
    refusals = outcome.refusals if isinstance(outcome, Refused) else ()
    return [
        CellStarted(cell_id=CELL, conversation_id='conversation_1', source=SOURCE),
        StateRestored(cell_id=CELL, snapshot='snapshot_0', size_bytes=2_048, seconds=0.002),
        CellPrepared(cell_id=CELL, rewrites=(REWRITE,), seconds=0.001),
        CellChecked(cell_id=CELL, verdict=verdict or Verdict(refusals=refusals), seconds=0.003),
        *(CallStarted(cell_id=CELL, request=record.request) for record in records),
        *(CallSettled(cell_id=CELL, record=record) for record in records if record.is_settled),
        CellEnded(cell_id=CELL, outcome=outcome, run_seconds=0.5),
        SnapshotSaved(cell_id=CELL, snapshot='snapshot_1', size_bytes=4_096, seconds=0.004),
        CellClosed(cell_id=CELL),
    ]


def troubles() -> list[Event]:
    """State that was not there, and state that could not be kept."""
    return [
        StateLost(cell_id=CELL, reason=SnapshotMissing('the secret snapshot')),
        SnapshotFailed(cell_id=CELL, reason=StoreTimeout('the secret store'), stage='store'),
    ]
