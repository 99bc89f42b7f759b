"""Prepare, check, drive: one cell from its source to its outcome. The one function the toolset calls."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from .._journal.pauses import Parked
from .._journal.replay import Diverged
from .._monty.hashing import GIVE_VALUE
from .._monty.stops import DoneStop, FailedStop
from .._monty.worker import HostAccess, Worker
from .._source.edits import Origins
from .._source.head import headed_in, whole_of
from .._source.history import History, PastCell
from .._source.imported import imported_by
from .._source.parse import too_long
from .._source.prepare import prepare
from .._source.prepared import Prepared
from .._source.threads import off_loop
from ..errors import SandboxCrashed
from ..events.cell_events import CellChecked, CellEnded, CellPrepared, Observer
from ..events.diagnostics import Diagnostic, Position
from ..events.journal_entries import CellSuspended
from ..events.outcomes import CodeFrame, Completed, Failed, Failure, Printed, Refused, Suspended, Verdict
from ..limits import Limits
from .driver import drive
from .looking import keys_there
from .pipeline import CallPipeline
from .prints import PrintCapture

if TYPE_CHECKING:
    from .._monty.support import Support


class Check(Protocol):
    """The check of a cell that parses and that Monty can run."""

    async def __call__(self, prepared: Prepared, *, original: str, history: History) -> Verdict: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a cell that ran leaves to its session."""

    outcome: Completed | Failed
    history: History
    """With this cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a cell runs in. A new one for each cell."""

    history: History
    calls: CallPipeline
    check: Check | None
    """`None` when checking is off."""
    support: Support
    worker: Callable[[], AbstractAsyncContextManager[Worker]]
    """Lends a worker that has the session's state."""
    keep: Callable[[Worker, Ran], Awaitable[None]]
    """Called while the worker is still lent, unless its sandbox is lost."""
    host: HostAccess
    limits: Limits
    observe: Observer
    printed: Callable[[str], None] | None = None
    """Told what the cell prints, as it comes, from another thread."""
    begin: Callable[[Prepared], Awaitable[None]] | None = None
    """Called when the cell is accepted, before it runs."""
    resumption: Resumption | None = None
    """What a cell of an earlier run is resumed from."""
    max_dump_bytes: int | None = None
    """How large the state of a cell may be that is to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumption:
    """A cell that was accepted before: as it was prepared then, and where it stands."""

    prepared: Prepared
    suspended: CellSuspended | None
    """`None`: it is run again from its beginning, its calls answered from the journal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A cell that waits: its outcome, and what its journal needs to resume it."""

    outcome: Suspended
    parked: Parked


async def run_cell(source: str, around: Surroundings) -> Completed | Failed | Refused | Waiting:
    """Take a cell from its source to its outcome, or as far as it can go.

    Raises:
        UsageLimitExceeded: When a call ran into it.
        StoreError: When its journal could not be written.
        SnapshotVersionMismatch, SandboxError: When no worker could take up the session's state.
    """
    if around.resumption is not None:
        return await _run(source, around.resumption.prepared, Verdict(), around)
    cell_id = around.calls.cell_id
    started = time.perf_counter()
    if (refusal := too_long(source, around.limits.max_source_chars)) is not None:
        return _refuse('', (refusal,), around, seconds=0.0)
    prepared = await off_loop(len(source), partial(_prepared, source, around))
    seconds = time.perf_counter() - started
    if isinstance(prepared, tuple):
        around.observe(CellPrepared(cell_id=cell_id, rewrites=(), seconds=seconds))
        return _refuse(source, prepared, around, seconds=0.0)
    around.observe(CellPrepared(cell_id=cell_id, rewrites=prepared.rewrites, seconds=seconds))
    verdict = Verdict(hints=prepared.hints)
    if around.check is not None:
        started = time.perf_counter()
        verdict = await _verdict(around.check, prepared, source, around.history)
        verdict = replace(verdict, hints=(*prepared.hints, *verdict.hints)) if prepared.hints else verdict
        seconds = time.perf_counter() - started
        if not verdict.is_accepted:
            return _refuse(source, verdict.refusals, around, seconds=seconds, hints=verdict.hints)
    if around.check is not None or verdict.hints:
        around.observe(CellChecked(cell_id=cell_id, verdict=verdict, seconds=seconds))
    if around.begin is not None:
        await around.begin(prepared)
    return await _run(source, prepared, verdict, around)


def _prepared(source: str, around: Surroundings) -> Prepared | tuple[Diagnostic, ...]:
    return prepare(
        source,
        catalog=around.calls.tools.catalog,
        bound=around.history.bound_names(),
        support=around.support,
        attributes=around.history.stores.attributes,
        imported=imported_by(around.history),
    )


async def _verdict(check: Check, prepared: Prepared, source: str, history: History) -> Verdict:
    try:
        return await check(prepared, original=source, history=history)
    except Exception as error:
        # A mistake of ours must not end the run of somebody's agent. The trace shows it; the code runs as Python does.
        message = f'This cell ran unchecked, for the check itself failed: {type(error).__name__}: {error}'
        note = Diagnostic(code='not-checked', message=message, position=Position(line=1, column=1), stage='check')
        return Verdict(hints=(note,))


async def _run(source: str, prepared: Prepared, verdict: Verdict, around: Surroundings) -> Completed | Failed | Waiting:
    suspended = around.resumption.suspended if around.resumption is not None else None
    prints = PrintCapture(around.limits.max_print_chars, on_print=around.printed)
    if suspended is not None:
        prints.take_up(Printed(text=suspended.printed, dropped_chars=suspended.dropped_chars))
    program = await off_loop(len(source), partial(headed_in, prepared, around.history, given_to=GIVE_VALUE))
    async with around.worker() as worker:
        worker.tries_hashes = program.may_nest_tuples
        started = time.perf_counter()
        try:
            ending = await drive(
                worker,
                program.source,
                calls=around.calls,
                prints=prints,
                host=around.host,
                limits=around.limits,
                suspended=suspended,
            )
            if not isinstance(ending, Parked) and around.calls.past.replay.has_more_than(
                around.calls.position.accepted
            ):
                raise Diverged('it ended before it made all the calls that it had made')
        except Diverged as error:
            around.calls.recall(around.calls.past.replay.journaled.calls.values())
            ending = _diverged(error)
        seconds = time.perf_counter() - started
        most = around.max_dump_bytes
        if isinstance(ending, Parked) and most is not None and len(ending.dump) > most:
            ending = _too_large(len(ending.dump), most)
        if isinstance(ending, Parked):
            waiting = Suspended(
                waiting=tuple(record for record in around.calls.progress.records if record.state == 'waiting'),
                printed=prints.printed,
                calls=around.calls.progress.records.records,
            )
            around.observe(CellEnded(cell_id=around.calls.cell_id, outcome=waiting, run_seconds=seconds))
            return Waiting(outcome=waiting, parked=ending)
        if isinstance(ending, FailedStop):
            frames = tuple(_moved(frame, program.origins) for frame in ending.failure.frames)
            ending = replace(ending, failure=replace(ending.failure, frames=frames))
        outcome = _outcome(_exited(ending), source, prepared, verdict, prints, around.calls)
        lost = isinstance(ending, FailedStop) and ending.is_lost
        if not lost:
            try:
                history = await off_loop(len(source), partial(_history, around.history, prepared, ending))
                await around.keep(worker, Ran(outcome=outcome, history=history))
            except SandboxCrashed:  # what the cell did is done, and its value is right
                outcome = replace(outcome, state_lost=True)
            else:
                if isinstance(outcome, Failed):
                    outcome = replace(outcome, keys=await keys_there(worker, outcome.failure, source))
    around.observe(CellEnded(cell_id=around.calls.cell_id, outcome=outcome, run_seconds=seconds))
    return outcome


_ENDS_WELL: Final = frozenset({'', '0', 'None', 'False'})
"""Texts of `SystemExit` that stand for status 0."""


def _exited(ending: DoneStop | FailedStop) -> DoneStop | FailedStop:
    """A program that stopped itself by an exit without a code, or with 0, has ended well."""
    if isinstance(ending, FailedStop) and not ending.is_lost and ending.failure.exception_type == 'SystemExit':
        return DoneStop(value=None) if ending.failure.message in _ENDS_WELL else ending
    return ending


def _diverged(error: Diverged) -> FailedStop:
    message = (
        f'The cell was interrupted, and run again it does not do the same: {error}. It was stopped. The calls listed '
        'took effect before.'
    )
    return FailedStop(failure=Failure(kind='exception', exception_type='RuntimeError', message=message), is_lost=True)


def _too_large(size: int, most: int) -> FailedStop:
    message = (
        f'The cell cannot wait for a decision: its variables take {size:,} bytes, and at most {most:,} are kept. Let '
        'large values go before the call.'
    )
    return FailedStop(failure=Failure(kind='limit', exception_type='MemoryError', message=message), is_lost=True)


def _outcome(
    ending: DoneStop | FailedStop,
    source: str,
    prepared: Prepared,
    verdict: Verdict,
    prints: PrintCapture,
    calls: CallPipeline,
) -> Completed | Failed:
    records = calls.progress.records.records
    if isinstance(ending, DoneStop):
        value, whole = whole_of(ending.value) if prepared.has_value else (None, None)
        return Completed(
            value=value,
            whole=whole,
            has_value=prepared.has_value,
            value_name=prepared.value_name,
            printed=prints.printed,
            calls=records,
            rewrites=prepared.rewrites,
            remarks=(*verdict.remarks, *calls.remarks.found),
        )
    return Failed(
        failure=_placed(ending.failure, prepared, source, calls),
        source=source,
        printed=prints.printed,
        calls=records,
        rewrites=prepared.rewrites,
        hints=verdict.hints,
        remarks=verdict.remarks,
        state_lost=ending.is_lost,
    )


def _placed(failure: Failure, prepared: Prepared, source: str, calls: CallPipeline) -> Failure:
    """The failure with its frames where the model wrote them, and the tool that raised it, if one did."""
    frames = tuple(_frame(frame, prepared) for frame in failure.frames)
    text = f'{failure.exception_type}: {failure.message}'
    raised = [
        record.request
        for record in calls.progress.records
        if record.state in ('raised', 'denied') and record.error == text
    ]
    if failure.kind != 'exception' or not raised:
        return replace(failure, frames=frames)
    cause = raised[-1]  # code may have caught the same before
    return replace(
        failure,
        frames=_at_call(frames, cause.line, source),
        tool_name=cause.tool.python_name,
        ordinal=cause.ordinal,
    )


def _at_call(frames: tuple[CodeFrame, ...], line: int | None, source: str) -> tuple[CodeFrame, ...]:
    """The frames with the innermost one at the call that raised.

    For an exception that passed a `try` whose handlers did not fit, Monty 1.4 names the last line of the handlers.
    """
    if line is None or not frames or not frames[-1].in_this_cell or frames[-1].line == line:
        return frames
    text = source.splitlines()[line - 1]
    column = len(text) - len(text.lstrip()) + 1
    return (*frames[:-1], replace(frames[-1], line=line, column=column, end_column=len(text) + 1))


def _moved(frame: CodeFrame, origins: Origins) -> CodeFrame:
    """A frame of the program that ran, where it is in the prepared cell."""
    if not frame.in_this_cell or frame.line not in origins.shifts:
        return frame
    line, column = origins.original(frame.line, frame.column)
    end = frame.end_column
    return replace(frame, line=line, column=column, end_column=None if end is None else origins.original(line, end)[1])


def _frame(frame: CodeFrame, prepared: Prepared) -> CodeFrame:
    if not frame.in_this_cell:
        return frame
    line, column = prepared.original_position(frame.line, frame.column)
    end = frame.end_column
    return replace(
        frame,
        line=line,
        column=column,
        end_column=None if end is None else prepared.original_position(frame.line, end)[1],
        source_line=None,
    )


def _history(history: History, prepared: Prepared, ending: DoneStop | FailedStop) -> History:
    completed = isinstance(ending, DoneStop)
    stopped = None
    if isinstance(ending, FailedStop) and ending.failure.frames and ending.failure.frames[0].in_this_cell:
        stopped = ending.failure.frames[0].line
    try:
        cell = PastCell(source=prepared.source, completed=completed, stopped_line=stopped, parsed=prepared.tree)
        return history.after(cell).read()
    except Exception:
        # The cell ran; that its code cannot be read again must not cost its variables. Any name may live from now on.
        return replace(history, is_open=True)


def _refuse(
    source: str,
    refusals: tuple[Diagnostic, ...],
    around: Surroundings,
    *,
    seconds: float,
    hints: tuple[Diagnostic, ...] = (),
) -> Refused:
    cell_id = around.calls.cell_id
    around.observe(CellChecked(cell_id=cell_id, verdict=Verdict(refusals=refusals, hints=hints), seconds=seconds))
    outcome = Refused(refusals=refusals, source=source)
    around.observe(CellEnded(cell_id=cell_id, outcome=outcome, run_seconds=0.0))
    return outcome
