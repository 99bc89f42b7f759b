"""A model that plays cells from a list, for tests and examples that have no provider."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel


def scripted_model(*cells: str | Sequence[str], answer: str = 'done') -> FunctionModel:
    """A model that sends one cell after the other, whatever comes back, and then answers.

    Each turn starts at the first cell, and each cell is sent in a response of its own; a sequence of cells is sent in one
    response. A run that goes on without a prompt of the user's goes on with the cells too.
    """
    responses = [[cell] if isinstance(cell, str) else list(cell) for cell in cells]

    def play(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        del info
        played = sum(1 for message in _this_turn(messages) if isinstance(message, ModelResponse))
        if played >= len(responses):
            return ModelResponse(parts=[TextPart(answer)])
        return ModelResponse(parts=[ToolCallPart('run_code', {'code': cell}) for cell in responses[played]])

    return FunctionModel(play)


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


def _this_turn(messages: Sequence[ModelMessage]) -> Sequence[ModelMessage]:
    """The messages since the user last said something, over the runs that went on without a new prompt."""
    start = len(messages) - 1
    while start > 0:
        run_id = messages[start].run_id
        while start > 0 and (messages[start - 1].run_id == run_id if run_id else not _asks(messages[start])):
            start -= 1
        if _asks(messages[start]) or not start:
            break
        start -= 1
    return messages[start:]


def _asks(message: ModelMessage) -> bool:
    # Beside a tool's return stands what the tool or the instructions say, not what the user says.
    kinds = {part.part_kind for part in message.parts}
    return 'user-prompt' in kinds and 'tool-return' not in kinds
