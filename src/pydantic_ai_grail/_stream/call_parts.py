"""A cell's calls as Pydantic AI's message parts, for whoever reads histories and event streams; the model never does.

Names and shapes are those of `pydantic_ai_harness`: `tool_calls` has every call, `tool_returns` what came back for those
that returned or were denied, both by call id.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeAlias

import anyio.lowlevel
from pydantic_ai.messages import ModelMessage, ModelRequest, ToolCallPart, ToolReturnPart
from pydantic_ai.toolsets.abstract import ToolsetTool

from .._reply.json_values import Json, to_plain
from .._reply.preview import preview
from ..events.calls import METADATA_KEY, OUTCOME_KEY, CallRecord, CallRequest, CallState
from ..events.labels import outcome_label
from ..events.outcomes import Completed, Failed, Refused

_Outcome: TypeAlias = Literal['success', 'denied', 'interrupted', 'failed']
_OUTCOMES: Final[Mapping[CallState, _Outcome]] = {
    'returned': 'success',
    'denied': 'denied',
    'cancelled': 'interrupted',
}
_MADE_AT_ONCE: Final = 128
"""Calls whose parts are made before others have their turn: some 20 microseconds each."""


@dataclass(kw_only=True)
class CallParts:
    """The parts of one cell's calls, each made once. Lifetime: the cell."""

    tools: Mapping[str, ToolsetTool[Any]]
    """By the names that the agent knows them by."""
    max_chars: int
    """Of the arguments, and of the result, of one call; what is more is cut, with a mark in its place."""
    _calls: dict[str, ToolCallPart] = field(default_factory=dict[str, ToolCallPart])
    _returns: dict[str, tuple[CallRecord, ToolReturnPart]] = field(
        default_factory=dict[str, tuple[CallRecord, ToolReturnPart]]
    )

    def call(self, request: CallRequest) -> ToolCallPart:
        """A call, with the arguments as plain JSON values."""
        part = self._calls.get(request.tool_call_id)
        if part is None:
            arguments = self._plain(request.args)
            part = ToolCallPart(
                tool_name=request.tool.tool_name,
                args=arguments if isinstance(arguments, dict) else {},
                tool_call_id=request.tool_call_id,
            )
            kind = self._kind(request)
            part = self._calls[request.tool_call_id] = ToolCallPart.narrow_type(part, tool_kind=kind) if kind else part
        return part

    def returned(self, record: CallRecord) -> ToolReturnPart:
        """What came back for a call that settled: what code was given, as plain JSON values, or the error."""
        id = record.request.tool_call_id
        made = self._returns.get(id)
        if made is not None and made[0] is record:
            return made[1]
        outcome: _Outcome = _OUTCOMES.get(record.state, 'failed')
        part = ToolReturnPart(
            tool_name=record.request.tool.tool_name,
            content=self._plain(record.result if outcome == 'success' else _error_text(record)),
            tool_call_id=id,
            metadata=record.metadata,
            outcome=outcome,
        )
        kind = self._kind(record.request)
        if kind is not None:
            part = ToolReturnPart.narrow_type(part, tool_kind=kind)
        self._returns[id] = (record, part)
        return part

    async def metadata(self, outcome: Completed | Failed | Refused) -> dict[str, Any]:
        """What a cell's return says of its calls, and of its end where that is not completion."""
        records = () if isinstance(outcome, Refused) else outcome.calls
        calls: dict[str, ToolCallPart] = {}
        returns: dict[str, ToolReturnPart] = {}
        for made, record in enumerate(records, start=1):
            if made % _MADE_AT_ONCE == 0:
                await anyio.lowlevel.checkpoint()
            calls[record.request.tool_call_id] = self.call(record.request)
            if record.state in ('returned', 'denied'):
                returns[record.request.tool_call_id] = self.returned(record)
        ended = {} if isinstance(outcome, Completed) else {OUTCOME_KEY: outcome_label(outcome)}
        return {METADATA_KEY: True, 'tool_calls': calls, 'tool_returns': returns, **ended}

    def _kind(self, request: CallRequest) -> str | None:
        tool = self.tools.get(request.tool.tool_name)
        return None if tool is None else tool.tool_def.tool_kind

    def _plain(self, value: Any) -> Json:
        plain = to_plain(value, max_chars=self.max_chars, decimals_as_text=True)  # as waiting calls have them
        return plain.data if plain is not None else preview(value, max_chars=self.max_chars)


def denied_metadata() -> dict[str, Any]:
    """What the return of a cell says that a person denied as a whole."""
    return {OUTCOME_KEY: 'denied'}


def with_metadata(messages: Sequence[ModelMessage], by_call: MutableMapping[str, dict[str, Any]]) -> None:
    """Let the returns of the last request carry metadata, by tool call id; what a request has is taken out of `by_call`.

    A failed return is made by Pydantic AI, from a text alone. The message gets new parts: a part must not be changed.
    """
    last = messages[-1] if messages and by_call else None
    if isinstance(last, ModelRequest):
        last.parts = [
            replace(part, metadata=by_call.pop(part.tool_call_id))
            if isinstance(part, ToolReturnPart) and part.outcome == 'failed' and part.tool_call_id in by_call
            else part
            for part in last.parts
        ]


def _error_text(record: CallRecord) -> str:
    """What is told of a call that did not return; of a denial, the words of whoever denied it."""
    error = record.error or ''
    return error.partition(': ')[2] if record.state == 'denied' else error
