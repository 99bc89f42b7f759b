"""An observer that tells a cell's events on into the event stream of the agent's run.

It never waits: Pydantic AI puts an event into a list, and whoever listens takes it from there, so a slow listener holds up
nobody else. A cell's events are bounded by what the cell may do: its calls, and the characters that it may print.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic_ai.exceptions import UserError
from pydantic_ai.messages import CustomEvent
from pydantic_ai.tools import RunContext

from .._cell.durable_step import StepContext
from .._cell.message_history import cell_request_in
from ..events.calls import CallRecord
from ..events.cell_events import (
    CallSettled,
    CallStarted,
    CellChecked,
    CellDenied,
    CellEnded,
    CellPrepared,
    CellWaits,
    Event,
)
from ..events.labels import outcome_label, verdict_label
from ..events.outcomes import Failed, Outcome, Refused, Suspended
from ..events.stream_events import (
    CellCallEvent,
    CellCallResultEvent,
    CellCallWaitsEvent,
    CellCheckedEvent,
    CellEndEvent,
    CellPrintEvent,
    ResultSource,
)
from ..settings import Streamed
from .call_parts import CallParts


@contextmanager
def cell_stream(
    ctx: RunContext[Any], parts: CallParts, *, events: Streamed, is_streamed: bool | None
) -> Generator[CellStream | None]:
    """The stream of one cell; `None` when nothing is to be told.

    Args:
        ctx: The context of the call of `run_code`.
        parts: Those of the cell's calls.
        events: Which to tell. With `'auto'` none in a run that has asked its model without a stream.
        is_streamed: Whether it asked it with one, as far as it did; `None` where it cannot be known.
    """
    if events == 'none' or (events == 'auto' and is_streamed is False and _has_response(ctx)):
        yield None
        return
    stream = CellStream(ctx=ctx, parts=parts, tells_all=events == 'all')
    try:
        yield stream
    except BaseException as error:
        stream.left_by(error)
        raise
    finally:
        stream.close()


@dataclass(kw_only=True)
class CellStream:
    """Tells the events of one cell. Lifetime: the cell."""

    ctx: RunContext[Any]
    parts: CallParts
    tells_all: bool
    """Beside the calls also the check, prints and the end."""
    _started: set[str] = field(default_factory=set[str])
    _rewrites: list[str] = field(default_factory=list[str])
    _printed: deque[str] = field(default_factory=deque[str])
    _held: list[CellCallResultEvent] = field(default_factory=list[CellCallResultEvent])
    _timer: asyncio.TimerHandle | None = None
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    _has_stream: bool = True
    _has_ended: bool = False

    def __call__(self, event: Event, /) -> None:
        """Tell an event on, if it is one for the stream."""
        match event:
            case CallStarted(request=request):
                self._started.add(request.tool_call_id)
                self._send(CellCallEvent(part=self.parts.call(request), line=request.line))
            case CallSettled(record=record):
                self._settled(record)
            case CellPrepared(rewrites=rewrites):
                self._rewrites = [
                    _REWRITE.format(line=rewrite.line, note=rewrite.note) for rewrite in rewrites[:_MOST_LINES]
                ]
            case CellChecked(verdict=verdict) if self.tells_all:
                refusals = [
                    _REWRITE.format(line=item.position.line, note=item.message[:_LONGEST_LINE])
                    for item in verdict.refusals[:_MOST_LINES]
                ]
                self._send(CellCheckedEvent(verdict=verdict_label(verdict), rewrites=self._rewrites, refusals=refusals))
            case CellEnded(outcome=outcome) if self.tells_all:
                self._ended(outcome)
            case CellWaits(waiting=records) if self.tells_all:
                ids = [record.request.tool_call_id for record in records]
                self._end(CellEndEvent(outcome='suspended', waiting=ids))
            case CellDenied(message=message) if self.tells_all:
                self._end(CellEndEvent(outcome='denied', error=message[:_LONGEST_LINE]))
            case _:
                pass

    def left_by(self, error: BaseException) -> None:
        """Tell the end of a cell that has no outcome of its own."""
        if self._has_ended or not self.tells_all:
            return
        self._end(CellEndEvent(outcome='error' if isinstance(error, Exception) else 'cancelled'))

    def printed(self, text: str) -> None:
        """Tell what the cell prints. Called from another thread; what comes in quick succession is told at once."""
        self._printed.append(text)
        with suppress(RuntimeError):  # the loop may be closed already, if it was left in a hurry
            self._loop.call_soon_threadsafe(self._tell_printed)

    def _settled(self, record: CallRecord) -> None:
        request = record.request
        was_made = request.tool_call_id in self._started
        if not was_made:
            self._started.add(request.tool_call_id)
            self._send(CellCallEvent(part=self.parts.call(request), line=request.line))
        if record.state == 'waiting':
            self._send(CellCallWaitsEvent(part=self.parts.call(request), is_unknown=record.is_unknown))
            return
        source = _source(record, was_made=was_made)
        self._hold(CellCallResultEvent(part=self.parts.returned(record), seconds=record.seconds, source=source))

    def _ended(self, outcome: Outcome) -> None:
        error = None
        if isinstance(outcome, Failed):
            error = f'{outcome.failure.exception_type}: {outcome.failure.message}'[:_LONGEST_LINE]
        elif isinstance(outcome, Refused):
            error = outcome.refusals[0].message[:_LONGEST_LINE] if outcome.refusals else None
        waiting = [record.request.tool_call_id for record in outcome.waiting] if isinstance(outcome, Suspended) else []
        self._end(CellEndEvent(outcome=outcome_label(outcome), error=error, waiting=waiting))

    def _end(self, event: CellEndEvent) -> None:
        self._send(event)
        self._has_ended = True

    def _tell_printed(self) -> None:
        if self._held:
            self._let_held_go()
        printed = [self._printed.popleft() for _ in range(len(self._printed))]
        if printed and not self._has_ended:
            self._emit(CellPrintEvent(text=''.join(printed)))

    def _hold(self, event: CellCallResultEvent) -> None:
        """Tell a result with what comes next, or soon. Each time that the stream is woken costs some 50 microseconds, so
        quick calls in a row would pay for it twice each."""
        if self._printed:
            self._tell_printed()
        self._held.append(event)
        if self._timer is None:
            self._timer = self._loop.call_later(_HELD_SECONDS, self._let_go)

    def _let_go(self) -> None:
        self._timer = None
        self._let_held_go()

    def _let_held_go(self) -> None:
        held, self._held = self._held, []
        for event in held:
            self._emit(event)

    def close(self) -> None:
        """Tell what is left to tell."""
        if self._timer is not None:
            self._timer.cancel()
        self._tell_printed()

    def _send(self, event: CustomEvent) -> None:
        self._tell_printed()
        self._emit(event)

    def _emit(self, event: CustomEvent) -> None:
        """Put an event into the stream. Pydantic AI's `emit` is to be awaited, and waits for nothing with such an event."""
        if not self._has_stream:
            return
        emitting = self.ctx.emit(event)
        try:
            emitting.send(None)
        except StopIteration:
            return
        except UserError:  # there is no stream to be reached: a durable unit, or a context of nobody's run
            self._has_stream = False
        emitting.close()


def _source(record: CallRecord, *, was_made: bool) -> ResultSource:
    if record.is_replayed:
        return 'journal'
    if record.is_reused:
        return 'failed cell'
    return 'tool' if was_made else 'decision'


def _has_response(ctx: RunContext[Any]) -> bool:
    """Whether the run has asked its model already, and not in a step of a workflow, where streams are others."""
    if isinstance(ctx, StepContext):
        return False
    return cell_request_in(ctx.messages, tool_call_id=ctx.tool_call_id, run_id=ctx.run_id).is_new


_REWRITE: Final = 'line {line}: {note}'
_HELD_SECONDS: Final = 0.005
_MOST_LINES: Final = 20
_LONGEST_LINE: Final = 500
