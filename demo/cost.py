"""What the conversation cost, and what the same calls would have cost if the model made them one by one.

Counted from the message history. A token is taken for four characters of what the model writes or reads. Each request sends
the whole conversation so far, so what stands in it is counted again for each later request; prompt caching makes that cheaper,
on both sides alike. Without code: the model writes the arguments of each call that code made and reads its result; the code is not
written, and its results are not read. Either each call is a request of its own, or all calls of a cell are one, as if the model
could know the arguments of all before it has read a result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart, UserPromptPart
from pydantic_core import to_json

from pydantic_ai_grail.testing import PlayedCell, played_cells

CHARS_PER_TOKEN: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of a whole conversation."""

    requests: int
    tokens_read: int
    tokens_written: int


def as_played(messages: Sequence[ModelMessage]) -> Cost:
    """What it cost: each request reads what stands in the conversation before it."""
    steps = [(_chars(message), isinstance(message, ModelResponse)) for message in messages]
    return _cost(steps)


def as_single_calls(messages: Sequence[ModelMessage], *, at_once: bool = False) -> Cost:
    """What it would have cost with one request for each call that code made; or `at_once`, with one for all of a cell."""
    cells = {cell.cell_id: cell for cell in played_cells(messages)}
    steps: list[tuple[int, bool]] = []
    for message in messages:
        made = [
            cells[part.tool_call_id]
            for part in message.parts
            if isinstance(part, ToolCallPart) and part.tool_call_id in cells
        ]
        for cell in made:
            calls = [(len(call.tool_name) + _size(call.args), _size(call.result)) for call in cell.calls]
            if at_once and calls:
                calls = [(sum(written for written, _ in calls), sum(read for _, read in calls))]
            for written, read in calls:
                steps += [(written, True), (read, False)]
        if not made:
            kept = [part for part in message.parts if getattr(part, 'tool_call_id', None) not in cells]
            size = sum(_part(part) for part in kept)
            if size:
                steps.append((size, isinstance(message, ModelResponse)))
    return _cost(steps)


def _cost(steps: Iterable[tuple[int, bool]]) -> Cost:
    requests = read = written = so_far = 0
    for size, is_response in steps:
        if is_response:
            requests, read, written = requests + 1, read + so_far, written + size
        so_far += size
    return Cost(requests=requests, tokens_read=read // CHARS_PER_TOKEN, tokens_written=written // CHARS_PER_TOKEN)


def _chars(message: ModelMessage) -> int:
    return sum(map(_part, message.parts))


def _part(part: object) -> int:
    match part:
        case TextPart(content=content):
            return len(content)
        case UserPromptPart(content=content):
            return len(str(content))
        case ToolCallPart():
            return len(part.tool_name) + len(part.args_as_json_str())
        case ToolReturnPart():
            return len(part.model_response_str())
        case _:
            return 0


def _size(value: object) -> int:
    return len(to_json(value))


def calls_in(cells: Iterable[PlayedCell]) -> int:
    """How many calls code made."""
    return sum(len(cell.calls) for cell in cells)
