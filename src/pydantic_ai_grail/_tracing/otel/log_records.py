"""Records below the span of a cell, for whoever reads a console: it prints a line when a span starts, and none when it ends.

An ordinary cell leaves none. Each has a stable name, for alerts, and says whose cell it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from opentelemetry.trace import StatusCode, Tracer

from ...events.calls import CallRecord
from ...events.diagnostics import Diagnostic
from ...events.outcomes import Failure
from .. import redact
from .. import span_names as names

_LONGEST: Final = 200
"""Characters of content in a message."""
_MOST_TOOLS: Final = 5


class CellRecords:
    """Writes the records of one cell. They go below the span that is the current one."""

    def __init__(self, tracer: Tracer, *, include_content: bool) -> None:
        self._tracer = tracer
        self._include_content = include_content
        self._cell: dict[str, str] = {}

    def about(self, cell: Mapping[str, str]) -> None:
        """Say which cell they are about.

        Args:
            cell: Attributes that tell it from others.
        """
        self._cell = {**cell}

    def resumed(self, *, was_waiting: bool) -> None:
        how = 'from where it waited' if was_waiting else 'from its beginning, for it was interrupted'
        self._write(names.RESUMED_RECORD, names.INFO, f'cell resumed {how}')

    def waits(self, waiting: Iterable[CallRecord]) -> None:
        """It waits for these calls, or for a cell before it, if there are none. Those with an unknown outcome are a warning."""
        unknown = [record for record in waiting if record.is_unknown]
        others = [record for record in waiting if not record.is_unknown]
        if unknown:
            message = f'cell waits: it is unknown whether {_tools(unknown)} took effect when its process died'
            self._write(names.UNKNOWN_RECORD, names.WARN, message)
        if others or not unknown:
            what = f'a decision on {_tools(others)}' if others else 'a cell before it'
            self._write(names.WAITS_RECORD, names.INFO, f'cell waits for {what}')

    def denied(self, message: str) -> None:
        self._write(names.DENIED_RECORD, names.INFO, 'cell denied', message)

    def refused(self, refusals: Iterable[Diagnostic]) -> None:
        codes = dict.fromkeys(item.code for item in refusals)
        message = next((item.message for item in refusals), '')
        self._write(names.REFUSED_RECORD, names.WARN, f'cell refused: {", ".join(codes)}', message)

    def failed(self, failure: Failure) -> None:
        match failure.kind:
            case 'limit':
                name, what = names.LIMIT_RECORD, f'cell hit a limit: {failure.limit}'
            case 'crash':
                name, what = names.CRASHED_RECORD, f"cell's worker died: {failure.exception_type}"
            case _:
                name, what = names.FAILED_RECORD, f'cell failed: {failure.exception_type}'
        where = '' if failure.position is None else f', line {failure.position.line}'
        tool = '' if failure.tool_name is None else f', in {failure.tool_name}'
        facts = {
            names.ERROR_TYPE: failure.exception_type,
            names.FAILURE_KIND: failure.kind,
            names.LIMIT: failure.limit,
            names.FAILURE_TOOL: failure.tool_name,
        }
        self._write(name, names.ERROR, f'{what}{where}{tool}', failure.message, **_there(facts))

    def cancelled(self, under_way: Iterable[CallRecord]) -> None:
        """It was cancelled, which is a warning where calls were under way: they may have taken effect, or not."""
        where = f' in {_tools(under_way)}' if any(under_way) else ''
        self._write(names.CANCELLED_RECORD, names.WARN if where else names.INFO, f'cell cancelled{where}')

    def ended_its_run(self, error: BaseException, *, is_reported: bool) -> None:
        """It left an error that ends the run. `is_reported`: a record before has its message."""
        kind = type(error).__name__
        message = '' if is_reported else str(error)
        self._write(names.ERROR_RECORD, names.ERROR, f'cell ended its run: {kind}', message, **{names.ERROR_TYPE: kind})

    def lost_state(self, reason: BaseException) -> None:
        kind = type(reason).__name__
        summary = f'cell has lost the variables of before: {kind}'
        self._write(names.STATE_LOST_RECORD, names.WARN, summary, str(reason), **{names.ERROR_TYPE: kind})

    def unsaved_state(self, reason: BaseException) -> None:
        kind = type(reason).__name__
        summary = f"cell's state was not kept: {kind}"
        self._write(names.STATE_UNSAVED_RECORD, names.WARN, summary, str(reason), **{names.ERROR_TYPE: kind})

    def handler_failed(self, handler: str, error: Exception) -> None:
        kind = type(error).__name__
        summary = f'a function of on_cell_event raised: {kind} in {handler}'
        self._write(names.HANDLER_RECORD, names.ERROR, summary, str(error), **{names.ERROR_TYPE: kind})

    def _write(self, name: str, level: int, message: str, content: str = '', **facts: str) -> None:
        if self._include_content and content:
            message = f'{message}: {redact.text(content, longest=_LONGEST)}'
        attributes: dict[str, str | int] = {
            **self._cell,
            **facts,
            names.RECORD: name,
            names.LOGFIRE_TYPE: 'log',
            names.LOGFIRE_LEVEL: level,
            names.LOGFIRE_MESSAGE: message,
        }
        span = self._tracer.start_span(names.CELL_RECORD, attributes=attributes)
        if level >= names.ERROR:
            span.set_status(StatusCode.ERROR)
        span.end()


def _tools(records: Iterable[CallRecord]) -> str:
    """The tools of calls, each once, in the order in which they were called."""
    found = list(dict.fromkeys(record.request.tool.python_name for record in records))
    more = len(found) - _MOST_TOOLS
    return ', '.join(found[:_MOST_TOOLS]) + (f' and {more} more' if more > 0 else '')


def _there(facts: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in facts.items() if value is not None}
