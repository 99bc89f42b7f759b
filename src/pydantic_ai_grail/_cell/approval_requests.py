"""A wait of a cell as a request of its own, made by the capability: no request to the model is spent on it.

After an answer that names a tool call alone, a cell that waits again has returned that it waits (see `_cell/suspension.py`). The
next response of the run is then ours: one call for each such cell, which resumes it and asks. What the model is shown of
all that is one call and its result. Everything is read from the messages, so it is the same in every process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final, cast

from pydantic_ai import CallToolsNode
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelRequestPart,
    ModelResponse,
    ToolCallPart,
    ToolReturnPart,
)
from pydantic_ai.tools import ToolApproved, ToolDenied

from .._common.identifiers import cell_id_of
from .._reply.reply import WAITING_FOR, resume_code
from ..approvals.requests import denied
from ..errors import DecisionError
from ..events.run_code_part import RUN_CODE_KIND
from .cells_called import RESUME, cell_ids_in, resumed_in

MODEL_NAME: Final = 'pydantic-ai-grail'
_PREFIX: Final = 'grail_'
"""What the ids of such calls begin with. With it they have 38 characters; some providers take no more than 40."""

_MOST: Final = 20
"""Cells that may ask at once. What says that a cell waits again may come from a client; each request is a run of its cell."""


def next_requests(messages: Sequence[ModelMessage], *, tool_name: str) -> ModelResponse | None:
    """The response that asks for what cells wait for, if some wait again since the last response."""
    found: list[tuple[ToolReturnPart, tuple[str, list[str]]]] = []
    for message in reversed(messages):
        if not isinstance(message, ModelRequest):
            break
        returns = [part for part in message.parts if isinstance(part, ToolReturnPart) and part.tool_name == tool_name]
        found[:0] = [(part, request) for part in returns if (request := _suspended_again(part)) is not None]
    cell_ids = cell_ids_in(messages, tool_name=tool_name) if found else dict[str, str]()
    calls = [_request(part, request, cell_ids, tool_name) for part, request in found[-_MOST:]]
    return ModelResponse(parts=calls, model_name=MODEL_NAME, finish_reason='tool_call') if calls else None


def as_the_model_sees(messages: list[ModelMessage], *, tool_name: str) -> list[ModelMessage]:
    """The messages with each cell as one call and its result, however many requests it took."""
    if not any(_is_ours(message, tool_name) for message in messages):
        return messages
    shown: list[_Shown] = []
    resumed: dict[str, str] = {}
    results: dict[str, tuple[_Shown, int]] = {}
    joins = False
    for message in messages:
        if _is_ours(message, tool_name) and shown and isinstance(shown[-1].message, ModelRequest):
            resumed.update(_resumed_by(message))
            joins = True
            continue
        if isinstance(message, ModelRequest):
            rest = [part for part in message.parts if not _settles(part, resumed, results)]
            if joins:
                shown[-1].message = message
            elif rest:
                shown.append(_Shown(message, []))
            if rest:
                shown[-1].add(rest, results)
        else:
            shown.append(_Shown(message))
        joins = False
    return [each.as_message() for each in shown]


@dataclass(slots=True)
class _Shown:
    """A message as the model sees it."""

    message: ModelMessage
    parts: list[ModelRequestPart] | None = None
    """Those of a request."""

    def add(self, parts: Sequence[ModelRequestPart], results: dict[str, tuple[_Shown, int]]) -> None:
        """More parts; where the results among them stand is noted."""
        assert self.parts is not None
        for part in parts:
            if isinstance(part, ToolReturnPart):
                results[part.tool_call_id] = self, len(self.parts)
            self.parts.append(part)

    def as_message(self) -> ModelMessage:
        if self.parts is None or not isinstance(self.message, ModelRequest) or self.parts == self.message.parts:
            return self.message
        return replace(self.message, parts=self.parts)


def with_denials_inside(node: Any, *, tool_name: str) -> Any:
    """A node of the run in which no cell is denied from outside: its calls are, so that code and model learn of it, and
    that nothing else counts for them later.

    Raises:
        DecisionError: When somebody has approved a cell with other code.
    """
    if not isinstance(node, CallToolsNode):
        return node
    tools = cast('CallToolsNode[Any, Any]', node)
    results = tools.tool_call_results or {}
    cells = [call.tool_call_id for call in tools.model_response.tool_calls if call.tool_name == tool_name]
    messages = {id: result.message for id in cells if isinstance(result := results.get(id), ToolDenied)}
    for id in cells:
        approval = results.get(id)
        if isinstance(approval, ToolApproved) and approval.override_args is not None:
            raise DecisionError(
                f'The call {id!r} of {tool_name} was approved with other arguments, and a cell that waits is resumed with '
                'the code that it has. Change the arguments of the calls in it: decide(requests, {id: '
                'ToolApproved(override_args=...)}). Nothing was used; decide again.'
            )
    if not messages:
        return tools
    return replace(
        tools,
        tool_call_results={**results, **dict.fromkeys(messages, ToolApproved())},
        tool_call_metadata={
            **(tools.tool_call_metadata or {}),
            **{id: denied(message) for id, message in messages.items()},
        },
    )


def _suspended_again(part: ToolReturnPart) -> tuple[str, list[str]] | None:
    """The call that asked for a cell that waits again, and what it waits for."""
    content: Any = part.content
    if not isinstance(content, Mapping) or part.outcome != 'success':
        return None
    request = cast('Mapping[str, Any]', content)
    resume, calls = request.get(RESUME), request.get(WAITING_FOR)
    if not isinstance(resume, str) or not isinstance(calls, list):
        return None
    return resume, [str(call) for call in cast('list[Any]', calls)]


def _request(
    part: ToolReturnPart, waiting: tuple[str, list[str]], cell_ids: Mapping[str, str], tool_name: str
) -> ToolCallPart:
    resume, calls = waiting
    cell_id = cell_ids.get(part.tool_call_id) or cell_id_of(part.tool_call_id)
    id = _PREFIX + sha256(f'{cell_id}/{part.tool_call_id}'.encode()).hexdigest()[:32]
    return ToolCallPart(
        tool_name, {'code': resume_code(calls), RESUME: resume}, tool_call_id=id, tool_kind=RUN_CODE_KIND
    )


def _is_ours(message: ModelMessage, tool_name: str) -> bool:
    return (
        isinstance(message, ModelResponse)
        and bool(message.parts)
        and all(
            isinstance(part, ToolCallPart)
            and part.tool_call_id.startswith(_PREFIX)
            and part.tool_name == tool_name
            and resumed_in(part) is not None
            for part in message.parts
        )
    )


def _resumed_by(message: ModelMessage) -> Mapping[str, str]:
    calls = [part for part in message.parts if isinstance(part, ToolCallPart)]
    return {part.tool_call_id: resumed for part in calls if (resumed := resumed_in(part)) is not None}


def _settles(part: ModelRequestPart, resumed: Mapping[str, str], results: Mapping[str, tuple[_Shown, int]]) -> bool:
    """Whether it is the result of a call that resumed a cell; then it stands where the cell's own result was."""
    if not isinstance(part, ToolReturnPart) or part.tool_call_id not in resumed:
        return False
    own = resumed[part.tool_call_id]
    if own in results:
        request, number = results[own]
        assert request.parts is not None
        request.parts[number] = replace(part, tool_call_id=own)
    return True
