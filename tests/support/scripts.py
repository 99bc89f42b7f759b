"""A scripted model that sends the same cells in each turn, whatever comes back, and then answers."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from pydantic_ai_grail import testing
from pydantic_ai_grail.testing import CellStep, PlainStep


def scripted_model(*cells: str | Sequence[str], answer: str = 'done') -> FunctionModel:
    """Each turn starts at the first cell, and each cell is sent in a response of its own; a sequence of cells is sent in one
    response, streamed or not. A run that goes on without a prompt of the user's goes on with the cells too.
    """
    responses = [[cell] if isinstance(cell, str) else list(cell) for cell in cells]

    def play(messages: list[ModelMessage], info: AgentInfo) -> PlainStep | Sequence[PlainStep]:
        del info
        this_run = _this_run(messages)
        played = sum(isinstance(message, ModelResponse) for message in this_run)
        if isinstance(this_run[0], ModelResponse) or _returns(this_run[0]):  # it goes on with a cell of an earlier run
            before = messages[: len(messages) - len(this_run)]
            earlier = next((codes for codes in map(_cells, reversed(before)) if codes), list[str]())
            played += responses.index(earlier) + 1 if earlier in responses else 0
        if played >= len(responses):
            return testing.answer(answer)
        return [CellStep(code=code) for code in responses[played]]

    return testing.scripted_model(play, repeat=True)


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
