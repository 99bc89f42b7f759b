"""One OpenTelemetry span per cell, a child of Pydantic AI's own `execute_tool` span and the parent of the calls'.

The span is opened and closed by a `with` around the cell, in the task that runs it, so that the spans of nested calls
find their parent; what happens in between is told to it as events. With a tracer that records nothing it costs a few
microseconds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Final, assert_never

from opentelemetry.context import Context, attach, detach
from opentelemetry.trace import Link, Span, StatusCode, Tracer, get_current_span, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from ...events import (
    CallSettled,
    CallStarted,
    CellChecked,
    CellClosed,
    CellEnded,
    CellPrepared,
    CellStarted,
    Event,
    Observer,
    SnapshotFailed,
    SnapshotSaved,
    StateLost,
    StateRestored,
)
from ...outcomes import Completed, Failed, Failure, Outcome, Suspended
from .. import names, redact
from ..labels import outcome_label, verdict_label

_SCHEMA: Final = json.dumps(
    {
        'type': 'object',
        'properties': {name: {'type': 'array'} for name in (names.MENDS, names.DIAGNOSTICS, names.CALLS)},
    }
)
"""Tells Logfire which attributes are JSON, so that it shows them as data."""


class CellSpan:
    """The span of one cell: `with CellSpan(tracer, include_content=...) as observe:`, once."""

    def __init__(
        self,
        tracer: Tracer,
        *,
        include_content: bool,
        metrics: Observer | None = None,
        links: Sequence[Link] = (),
    ) -> None:
        """Make the span of a cell; it starts when it is entered.

        Args:
            tracer: Pydantic AI's tracer of the run, `ctx.tracer`.
            include_content: Whether code, prints and messages may be recorded, `ctx.trace_include_content`.
            metrics: Told the same events; `cell_metrics()` for those of the process.
            links: The trace a resumed cell was suspended in, see `link_to`.
        """
        self._tracer = tracer
        self._include_content = include_content
        self._metrics = metrics
        self._links = links

    def __enter__(self) -> Observer:
        self._span = self._tracer.start_span(names.CELL_SPAN, links=self._links, record_exception=False)
        self._is_recording = self._span.is_recording()
        self._has_ended = False
        self._token = attach(set_span_in_context(self._span))
        return self._observe

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        detach(self._token)
        if error is not None and not self._has_ended and self._is_recording:
            self._stopped_by(error)
        self._span.end()

    def _observe(self, event: Event, /) -> None:
        if self._metrics is not None:
            self._metrics(event)
        if self._is_recording:
            _record(self._span, event, include_content=self._include_content)
        if isinstance(event, CellEnded):
            self._has_ended = True

    def _stopped_by(self, error: BaseException) -> None:
        """The cell was left without an outcome: by cancellation, which is no error, or by a mistake of ours."""
        label = 'error' if isinstance(error, Exception) else 'cancelled'
        self._span.set_attributes(
            {
                names.OUTCOME: label,
                names.ERROR_TYPE: type(error).__name__,
                names.LOGFIRE_MESSAGE: f'{names.CELL_SPAN}: {label}',
            }
        )
        if label == 'error':
            self._span.set_status(StatusCode.ERROR)
            if self._include_content:
                self._span.record_exception(error)


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


def _record(span: Span, event: Event, *, include_content: bool) -> None:
    match event:
        case CellStarted():
            span.set_attributes(
                {
                    names.CELL_ID: event.cell_id,
                    names.CONVERSATION_ID: event.conversation_id,
                    names.LOGFIRE_SCHEMA: _SCHEMA,
                }
            )
            if include_content:
                span.set_attribute(names.CODE, redact.text(event.source))
        case StateRestored():
            span.set_attributes(
                {
                    names.RESTORED: event.snapshot,
                    names.RESTORED_BYTES: event.size_bytes,
                    names.RESTORE_SECONDS: event.seconds,
                }
            )
        case StateLost():
            span.set_attributes({names.STATE_LOST: type(event.reason).__name__, names.LOGFIRE_LEVEL: names.WARN})
        case CellPrepared():
            span.set_attribute(names.PREPARE_SECONDS, event.seconds)
            if event.mends:
                span.set_attribute(names.MENDS, redact.mends(event.mends, include_content=include_content))
        case CellChecked(verdict=verdict):
            span.set_attributes({names.VERDICT: verdict_label(verdict), names.CHECK_SECONDS: event.seconds})
            if verdict.refusals or verdict.hints:
                span.set_attribute(names.DIAGNOSTICS, redact.diagnostics(verdict, include_content=include_content))
        case CellEnded():
            span.set_attribute(names.RUN_SECONDS, event.run_seconds)
            _record_outcome(span, event.outcome, include_content=include_content)
        case SnapshotSaved():
            span.set_attributes(
                {
                    names.SNAPSHOT: event.snapshot,
                    names.SNAPSHOT_BYTES: event.size_bytes,
                    names.SAVE_SECONDS: event.seconds,
                }
            )
        case SnapshotFailed():
            span.set_attributes(
                {
                    names.SNAPSHOT_ERROR: type(event.reason).__name__,
                    names.SNAPSHOT_ERROR_STAGE: event.stage,
                    names.LOGFIRE_LEVEL: names.WARN,
                }
            )
        case CallStarted() | CallSettled() | CellClosed():
            pass
        case _:
            assert_never(event)


def _record_outcome(span: Span, outcome: Outcome, *, include_content: bool) -> None:
    label = outcome_label(outcome)
    message = f'{names.CELL_SPAN}: {label}'
    span.set_attribute(names.OUTCOME, label)
    if isinstance(outcome, Completed | Failed | Suspended):
        count = len(outcome.calls)
        span.set_attributes({names.CALL_COUNT: count, names.PRINTED_CHARS: len(outcome.printed.text)})
        if count:
            span.set_attribute(names.CALLS, redact.calls(outcome.calls, include_content=include_content))
            message += f', {count} {"call" if count == 1 else "calls"}'
        if include_content and outcome.printed.text:
            span.set_attribute(names.PRINTED, redact.text(outcome.printed.text))
    else:
        # a refusal is an answer to the model, not an exception, and yet something to look at
        span.set_attribute(names.LOGFIRE_LEVEL, names.WARN)
    span.set_attribute(names.LOGFIRE_MESSAGE, message)
    if isinstance(outcome, Failed):
        _record_failure(span, outcome.failure, include_content=include_content)


def _record_failure(span: Span, failure: Failure, *, include_content: bool) -> None:
    span.set_attributes({names.FAILURE_KIND: failure.kind, names.ERROR_TYPE: failure.exception_type})
    if failure.limit is not None:
        span.set_attribute(names.LIMIT, failure.limit)
    if failure.position is not None:
        span.set_attribute(names.FAILURE_LINE, failure.position.line)
    if failure.tool is not None:
        span.set_attribute(names.FAILURE_TOOL, failure.tool)
    if include_content:
        span.set_attribute(names.FAILURE_MESSAGE, redact.text(failure.message))
    if failure.kind != 'cancelled':
        span.set_attribute(names.LOGFIRE_LEVEL, names.ERROR)
        span.set_status(StatusCode.ERROR, redact.text(failure.message, longest=200) if include_content else None)
