"""What a cell does while it runs, as events in the stream of its agent's run.

They are custom events of Pydantic AI: `run_stream_events`, event stream handlers and `Agent.iter` give them as these
classes, the Vercel AI adapter as data parts (`data-code_mode.call`), the AG-UI adapter as custom events of the same names.
`tool_call_id` is the id of the call of `run_code`; the parts in them have the ids of the calls that code made.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from pydantic_ai.messages import (
    AgentStreamEvent,
    CustomEvent,
    FunctionToolCallEvent,
    FunctionToolResultEvent,
    ToolCallPart,
    ToolReturnPart,
)

from .labels import OutcomeLabel, StoppedLabel, VerdictLabel

ResultSource: TypeAlias = Literal['tool', 'journal', 'failed cell', 'decision']
"""Who gave the result of a call: its tool; otherwise the tool did not run. The journal of a resumed cell; the same call
of the failed cell before; or a person's decision, or a look-up."""


@dataclass(kw_only=True)
class CellCallEvent(CustomEvent, name='code_mode.call'):
    """Code called a tool. A `CellCallResultEvent` or a `CellCallWaitsEvent` follows."""

    part: ToolCallPart
    line: int | None = None
    """The line of the call in the cell, or `None` when it stands in a function of an earlier cell."""

    def to_payload(self) -> dict[str, Any]:
        """For front ends: `cell_id`, `tool_call_id`, `tool_name`, `args`, `line`."""
        return {**_about(self, self.part), 'args': self.part.args, 'line': self.line}


@dataclass(kw_only=True)
class CellCallResultEvent(CustomEvent, name='code_mode.call_result'):
    """A call came to its end."""

    part: ToolReturnPart
    """What code was given, with the `outcome`: `'success'`, `'failed'` with the error, `'denied'`, or `'interrupted'` when
    the run was cancelled."""
    seconds: float = 0.0
    source: ResultSource = 'tool'
    """Who gave it."""

    def to_payload(self) -> dict[str, Any]:
        """For front ends: `cell_id`, `tool_call_id`, `tool_name`, `outcome`, `content`, `seconds`, `source`."""
        return {
            **_about(self, self.part),
            'outcome': self.part.outcome,
            'content': self.part.content,
            'seconds': self.seconds,
            'source': self.source,
        }


@dataclass(kw_only=True)
class CellCallWaitsEvent(CustomEvent, name='code_mode.call_waits'):
    """A call waits for a decision, and its cell with it. A later run resumes both."""

    part: ToolCallPart
    is_unknown: bool = False
    """It was under way when its process died, and its outcome is unknown."""

    def to_payload(self) -> dict[str, Any]:
        """For front ends: `cell_id`, `tool_call_id`, `tool_name`, `args`, `is_unknown`."""
        return {**_about(self, self.part), 'args': self.part.args, 'is_unknown': self.is_unknown}


@dataclass(kw_only=True)
class CellCheckedEvent(CustomEvent, name='code_mode.checked'):
    """A cell was rewritten and checked; unless it was refused, it runs now."""

    verdict: VerdictLabel
    rewrites: list[str] = field(default_factory=list[str])
    """What was rewritten, a line each, as the model is told."""
    refusals: list[str] = field(default_factory=list[str])
    """What is wrong, a line each, with the line of the code."""

    def to_payload(self) -> dict[str, Any]:
        """For front ends: `cell_id`, `verdict`, `rewrites`, `refusals`."""
        return {
            'cell_id': self.tool_call_id,
            'verdict': self.verdict,
            'rewrites': self.rewrites,
            'refusals': self.refusals,
        }


@dataclass(kw_only=True)
class CellPrintEvent(CustomEvent, name='code_mode.print'):
    """Code has printed something, up to the limit of what is kept."""

    text: str

    def to_payload(self) -> dict[str, Any]:
        """For front ends: `cell_id`, `text`."""
        return {'cell_id': self.tool_call_id, 'text': self.text}


@dataclass(kw_only=True)
class CellEndEvent(CustomEvent, name='code_mode.end'):
    """The last event of a cell."""

    outcome: OutcomeLabel | StoppedLabel
    """`'error'` when the whole run was ended."""
    error: str | None = None
    """`Type: message` of a cell that failed."""
    waiting: list[str] = field(default_factory=list[str])
    """The ids of the calls that a suspended cell waits for."""

    def to_payload(self) -> dict[str, Any]:
        """For front ends: `cell_id`, `outcome`, `error`, `waiting`."""
        return {
            'cell_id': self.tool_call_id,
            'outcome': self.outcome,
            'error': self.error,
            'waiting': self.waiting,
        }


async def as_tool_events(stream: AsyncIterable[AgentStreamEvent]) -> AsyncIterator[AgentStreamEvent]:
    """The stream with the calls of cells as Pydantic AI's own events of tool calls, as if the model had made them.

    For consumers of your own, who show tool calls already. Not before a UI adapter: a front end would send the calls back
    as the model's, and the AG-UI adapter refuses a history with results of calls that it does not know.
    """
    async for event in stream:
        match event:
            case CellCallEvent():
                yield FunctionToolCallEvent(event.part, args_valid=True)
            case CellCallResultEvent():
                yield FunctionToolResultEvent(event.part)
            case _:
                yield event


def _about(event: CustomEvent, part: ToolCallPart | ToolReturnPart) -> dict[str, Any]:
    return {'cell_id': event.tool_call_id, 'tool_call_id': part.tool_call_id, 'tool_name': part.tool_name}
