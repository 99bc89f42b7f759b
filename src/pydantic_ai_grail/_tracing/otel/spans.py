"""One OpenTelemetry span per cell, a child of Pydantic AI's own `execute_tool` span and the parent of the calls'.

The span is opened and closed by a `with` around the cell, in the task that runs it, so that the spans of nested calls
find their parent; what happens in between is told to it as events. With a tracer that records nothing it costs a few
microseconds.
"""

from __future__ import annotations

import json
from asyncio import CancelledError
from collections.abc import Mapping, Sequence
from functools import cache
from types import TracebackType
from typing import Final, assert_never

from opentelemetry.context import Context, attach, detach
from opentelemetry.trace import Link, Span, StatusCode, Tracer, get_current_span, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from ...errors import GrailError
from ...events.calls import CallRecord
from ...events.cell_events import (
    CallSettled,
    CallStarted,
    CellChecked,
    CellClosed,
    CellDenied,
    CellEnded,
    CellPrepared,
    CellResumed,
    CellStarted,
    CellWaits,
    Event,
    Observer,
    SnapshotFailed,
    SnapshotSaved,
    StateLost,
    StateRestored,
)
from ...events.labels import StoppedLabel, outcome_label, verdict_label
from ...events.outcomes import Completed, Failed, Outcome, Suspended
from .. import redact
from .. import span_names as names
from .log_records import CellRecords
from .metrics import CellMetrics

_JSON: Final = (names.REWRITES, names.DIAGNOSTICS, names.CALLS)
_SHOWN: Final = (names.CELL_ID, names.CONVERSATION_ID, names.OWNER, names.CODE)
"""What a verbose console shows at the start."""
_LONGEST_LINE: Final = 60
"""Characters of code in the message of a span that starts."""


class CellSpan:
    """The span of one cell: `with CellSpan(tracer, include_content=...) as observe:`, once."""

    def __init__(
        self,
        tracer: Tracer,
        *,
        include_content: bool,
        started: CellStarted | None = None,
        metrics: CellMetrics | None = None,
    ) -> None:
        """Make the span of a cell; it starts when it is entered.

        Args:
            tracer: Pydantic AI's tracer of the run, `ctx.tracer`.
            include_content: Whether code, prints and messages may be recorded, `ctx.trace_include_content`.
            started: The cell, for what a sampler and a console see when the span starts.
            metrics: Told the same events; `cell_metrics()` for those of the process.
        """
        self._tracer = tracer
        self._include_content = include_content
        self._started = started
        self._metrics = metrics

    def __enter__(self) -> Observer:
        attributes = None
        if self._started is not None:
            attributes = _at_start(self._started, include_content=self._include_content)
        self._span = self._tracer.start_span(names.CELL_SPAN, attributes=attributes, record_exception=False)
        self._record = None
        if self._span.is_recording():
            self._record = _Record(self._span, tracer=self._tracer, include_content=self._include_content)
        self._has_ended = False
        self._token = attach(set_span_in_context(self._span))
        return self._observe

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None and not self._has_ended:
            # left without an outcome: by cancellation, which is no error, or by what ends the whole run
            label: StoppedLabel = 'cancelled' if isinstance(error, _CANCELLATIONS) else 'error'
            if self._metrics is not None:
                self._metrics.count_stopped(label)
            if self._record is not None:
                self._record.stopped_by(error, label)
        detach(self._token)
        self._span.end()

    def handler_failed(self, handler: str, error: Exception) -> None:
        """A function of the application raised where it was told of an event: a record, and no failure of the cell."""
        if self._record is not None:
            self._record.handler_failed(handler, error)

    def _observe(self, event: Event, /) -> None:
        if self._metrics is not None:
            self._metrics(event)
        if self._record is not None:
            self._record(event)
        if isinstance(event, CellEnded | CellWaits | CellDenied):
            self._has_ended = True


_CANCELLATIONS: Final = (CancelledError, KeyboardInterrupt, SystemExit, GeneratorExit)


def _identity(event: CellStarted, *, include_content: bool) -> dict[str, str]:
    """Which cell it is. Whose is content: an owner may be somebody's name."""
    attributes = {names.CELL_ID: event.cell_id, names.CONVERSATION_ID: event.conversation_id}
    return {**attributes, names.OWNER: event.owner} if include_content and event.owner else attributes


def _at_start(event: CellStarted, *, include_content: bool) -> dict[str, str]:
    """What is known of a cell when it starts."""
    attributes = _identity(event, include_content=include_content)
    attributes[names.LOGFIRE_MESSAGE] = f'{names.CELL_SPAN} {event.cell_id}'
    if include_content:
        attributes[names.CODE] = redact.text(event.source)
        attributes[names.LOGFIRE_MESSAGE] = f'{names.CELL_SPAN}: {redact.telling_line(event.source, _LONGEST_LINE)}'
    return {**attributes, names.LOGFIRE_SCHEMA: _schema(tuple(name for name in _SHOWN if name in attributes))}


@cache
def _schema(present: tuple[str, ...]) -> str:
    """Tells Logfire which attributes to show, and which of them are JSON, so that it shows them as data."""
    properties = {name: {'type': 'array'} if name in _JSON else {} for name in present}
    return json.dumps({'type': 'object', 'properties': properties})


def trace_context() -> dict[str, str]:
    """Where in which trace we are, as text that a suspended cell can keep (W3C trace context)."""
    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier


def link_to(carrier: Mapping[str, str]) -> Link | None:
    """The link from a resumed cell to the trace it was suspended in, or `None` when that was not traced."""
    context = TraceContextTextMapPropagator().extract(carrier, Context())
    span_context = get_current_span(context).get_span_context()
    return Link(span_context) if span_context.is_valid else None


class _Record:
    """Writes events onto a span that is recorded."""

    def __init__(self, span: Span, *, tracer: Tracer, include_content: bool) -> None:
        self._span = span
        self._records = CellRecords(tracer, include_content=include_content)
        self._include_content = include_content
        self._level = 0
        self._present: tuple[str, ...] = ()
        """The attributes that Logfire is told of."""
        self._lost: BaseException | None = None
        self._calls: dict[str, CallRecord] = {}
        """As far as they came, should the cell be left without an outcome."""

    def handler_failed(self, handler: str, error: Exception) -> None:
        self._records.handler_failed(handler, error)

    def __call__(self, event: Event) -> None:
        match event:
            case CellStarted():
                known = _at_start(event, include_content=self._include_content)
                self._present = tuple(name for name in _SHOWN if name in known)
                self._set(known)
                self._records.about(_identity(event, include_content=self._include_content))
            case StateRestored():
                self._set(
                    {
                        names.RESTORED: event.snapshot,
                        names.RESTORED_BYTES: event.size_bytes,
                        names.RESTORE_SECONDS: event.seconds,
                    }
                )
            case StateLost():
                self._set({names.STATE_LOST: type(event.reason).__name__})
                self._set_content(names.STATE_LOST_MESSAGE, str(event.reason))
                self._raise_level(names.WARN)
                self._records.lost_state(event.reason)
                self._lost = event.reason
            case CellPrepared():
                self._set({names.PREPARE_SECONDS: event.seconds})
                if event.rewrites:
                    self._set_json(
                        names.REWRITES, redact.rewrites(event.rewrites, include_content=self._include_content)
                    )
            case CellChecked():
                self._set({names.VERDICT: verdict_label(event.verdict), names.CHECK_SECONDS: event.seconds})
                if event.verdict.refusals or event.verdict.hints:
                    found = redact.diagnostics(event.verdict, include_content=self._include_content)
                    self._set_json(names.DIAGNOSTICS, found)
            case CellResumed():
                self._set({names.RESUMED: 'from where it waited' if event.was_waiting else 'from its beginning'})
                link = link_to(event.trace)
                if link is not None:
                    self._span.add_link(link.context, link.attributes)
                self._records.resumed(was_waiting=event.was_waiting)
            case CellWaits():
                self._set({names.OUTCOME: 'suspended', names.LOGFIRE_MESSAGE: f'{names.CELL_SPAN}: suspended'})
                self._set_calls(event.waiting)
                self._waits(event.waiting)
            case CellDenied():
                self._set({names.OUTCOME: 'denied', names.LOGFIRE_MESSAGE: f'{names.CELL_SPAN}: denied'})
                self._records.denied(event.message)
            case CellEnded():
                self._set({names.RUN_SECONDS: event.run_seconds})
                self._ended(event.outcome)
            case SnapshotSaved():
                self._set(
                    {
                        names.SNAPSHOT: event.snapshot,
                        names.SNAPSHOT_BYTES: event.size_bytes,
                        names.SAVE_SECONDS: event.seconds,
                    }
                )
            case SnapshotFailed():
                self._set({names.SNAPSHOT_ERROR: type(event.reason).__name__, names.SNAPSHOT_ERROR_STAGE: event.stage})
                self._set_content(names.SNAPSHOT_ERROR_MESSAGE, str(event.reason))
                self._raise_level(names.WARN)
                self._records.unsaved_state(event.reason)
            case CallStarted(request=request):
                self._calls[request.tool_call_id] = CallRecord(request=request, state='started')
            case CallSettled(record=record):
                self._calls[record.request.tool_call_id] = record
            case CellClosed():
                if event.journal_seconds:
                    self._set({names.JOURNAL_SECONDS: event.journal_seconds})
            case _:
                assert_never(event)

    def stopped_by(self, error: BaseException, label: StoppedLabel) -> None:
        """The cell was left without an outcome."""
        self._set(
            {
                names.OUTCOME: label,
                names.ERROR_TYPE: type(error).__name__,
                names.LOGFIRE_MESSAGE: f'{names.CELL_SPAN}: {label}',
            }
        )
        self._set_calls([*self._calls.values()])
        if isinstance(error, GrailError):
            self._set_content(names.ERROR_MESSAGE, str(error))
        if label == 'error':
            self._raise_level(names.ERROR)
            self._records.ended_its_run(error, is_reported=error is self._lost)
            self._span.set_status(StatusCode.ERROR)
            if self._include_content:
                self._span.record_exception(error)
        else:
            self._cancelled([*self._calls.values()])

    def _ended(self, outcome: Outcome) -> None:
        label = outcome_label(outcome)
        message = f'{names.CELL_SPAN}: {label}'
        if isinstance(outcome, Completed | Failed | Suspended):
            count = len(outcome.calls)
            self._set({names.PRINTED_CHARS: len(outcome.printed.text)})
            self._set_calls(outcome.calls)
            if count:
                message += f', {count} {"call" if count == 1 else "calls"}'
            if outcome.printed.text:
                self._set_content(names.PRINTED, outcome.printed.text)
        else:
            # a refusal is an answer to the model, not an exception, and yet something to look at
            self._raise_level(names.WARN)
            self._records.refused(outcome.refusals)
        if isinstance(outcome, Suspended):
            self._waits(outcome.waiting)
        self._set({names.OUTCOME: label, names.LOGFIRE_MESSAGE: message})
        if isinstance(outcome, Failed):
            self._failed(outcome)

    def _waits(self, waiting: Sequence[CallRecord]) -> None:
        if any(record.is_unknown for record in waiting):
            self._raise_level(names.WARN)
        self._records.waits(waiting)

    def _cancelled(self, calls: Sequence[CallRecord]) -> None:
        under_way = [record for record in calls if record.state in ('started', 'cancelled')]
        if under_way:
            self._raise_level(names.WARN)
        self._records.cancelled(under_way)

    def _set_calls(self, calls: Sequence[CallRecord]) -> None:
        self._set({names.CALL_COUNT: len(calls)})
        if calls:
            self._set_json(names.CALLS, redact.calls(calls, include_content=self._include_content))

    def _failed(self, outcome: Failed) -> None:
        failure = outcome.failure
        self._set({names.FAILURE_KIND: failure.kind, names.ERROR_TYPE: failure.exception_type})
        if failure.limit is not None:
            self._set({names.LIMIT: failure.limit})
        if failure.position is not None:
            self._set({names.FAILURE_LINE: failure.position.line})
        if failure.tool_name is not None:
            self._set({names.FAILURE_TOOL: failure.tool_name})
        self._set_content(names.FAILURE_MESSAGE, failure.message)
        if failure.kind != 'cancelled':
            self._raise_level(names.ERROR)
            description = redact.text(failure.message, longest=200) if self._include_content else None
            self._span.set_status(StatusCode.ERROR, description)
            self._records.failed(failure)
        else:
            self._cancelled(outcome.calls)

    def _set(self, attributes: Mapping[str, str | int | float]) -> None:
        self._span.set_attributes(attributes)

    def _set_json(self, name: str, array: str) -> None:
        self._present = tuple(dict.fromkeys((*self._present, name)))
        self._set({name: array, names.LOGFIRE_SCHEMA: _schema(self._present)})

    def _set_content(self, name: str, value: str) -> None:
        if self._include_content:
            self._span.set_attribute(name, redact.text(value))

    def _raise_level(self, level: int) -> None:
        if level > self._level:
            self._level = level
            self._span.set_attribute(names.LOGFIRE_LEVEL, level)
