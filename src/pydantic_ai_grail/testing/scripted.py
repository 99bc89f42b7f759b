"""A model that plays cells from a list, for tests and examples that have no provider."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel


def scripted_model(*cells: str | Sequence[str], answer: str = 'done') -> FunctionModel:
    """A model that sends one cell after the other, whatever comes back, and then answers.

    Each turn starts at the first cell, and each cell is sent in a response of its own; a sequence of cells is sent in one
    response, streamed or not. A run that goes on without a prompt of the user's goes on with the cells too.
    """
    responses = [[cell] if isinstance(cell, str) else list(cell) for cell in cells]

    def play(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        del info
        this_run = _this_run(messages)
        played = sum(isinstance(message, ModelResponse) for message in this_run)
        if isinstance(this_run[0], ModelResponse) or _returns(this_run[0]):  # it goes on with a cell of an earlier run
            before = messages[: len(messages) - len(this_run)]
            earlier = next((codes for codes in map(_cells, reversed(before)) if codes), list[str]())
            played += responses.index(earlier) + 1 if earlier in responses else 0
        if played >= len(responses):
            return ModelResponse(parts=[TextPart(answer)])
        return ModelResponse(parts=[ToolCallPart('run_code', {'code': cell}) for cell in responses[played]])

    async def stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str | DeltaToolCalls]:
        for number, part in enumerate(play(messages, info).parts):
            if isinstance(part, ToolCallPart):
                yield {number: DeltaToolCall(part.tool_name, part.args_as_json_str(), tool_call_id=part.tool_call_id)}
            elif isinstance(part, TextPart):
                yield part.content

    return FunctionModel(play, stream_function=stream)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedCell:
    """A cell and what the model got back for it."""

    cell_id: str
    code: str
    content: Any
    """What the model read: data for a cell that completed, text for one that was refused or failed."""
    failed: bool


def played_cells(messages: Iterable[ModelMessage]) -> list[PlayedCell]:
    """The cells of a history, in order."""
    calls: dict[str, str] = {}
    played: list[PlayedCell] = []
    for message in messages:
        for part in message.parts:
            if isinstance(part, ToolCallPart) and part.tool_name == 'run_code':
                calls[part.tool_call_id] = str(part.args_as_dict().get('code', ''))
            elif isinstance(part, ToolReturnPart) and part.tool_call_id in calls:
                played.append(
                    PlayedCell(
                        cell_id=part.tool_call_id,
                        code=calls[part.tool_call_id],
                        content=part.content,
                        failed=part.outcome == 'failed',
                    )
                )
    return played


def _this_run(messages: Sequence[ModelMessage]) -> Sequence[ModelMessage]:
    run_id = messages[-1].run_id
    if run_id is not None:
        return [message for message in messages if message.run_id == run_id]
    start = max((number for number, message in enumerate(messages) if _asks(message)), default=0)
    return messages[start:]


def _asks(message: ModelMessage) -> bool:
    return any(part.part_kind == 'user-prompt' for part in message.parts)


def _returns(message: ModelMessage) -> bool:
    return any(part.part_kind == 'tool-return' for part in message.parts)


def _cells(message: ModelMessage) -> list[str]:
    calls = [part for part in message.parts if isinstance(part, ToolCallPart) and part.tool_name == 'run_code']
    return [str(call.args_as_dict().get('code', '')) for call in calls]
