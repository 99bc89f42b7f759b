"""What a message history says of its cells. Reads Pydantic AI's messages; knows nothing of stores or sandboxes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from pydantic_ai.messages import (
    InstructionBaselinePart,
    InstructionDeltaPart,
    InstructionPart,
    ModelMessage,
    ModelResponse,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

from ._sessions.envelope import code_digest
from ._sessions.keeper import CellRef
from .calls import METADATA_KEY

MAX_CELLS: Final = 100
"""Cells that are looked at, the newest first. Only cells that left no state make a second one necessary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellsInHistory:
    """The cells of a history."""

    refs: tuple[CellRef, ...]
    """The newest first."""
    ids: frozenset[str]
    """Of all cells in the messages, also of those that are not among `refs`."""
    last_message_at: datetime | None
    """When the newest message of an earlier run was written."""
    last_turn_at: datetime | None
    """When the newest message before the last prompt was written."""


def cell_id_in(messages: Sequence[ModelMessage], tool_call_id: str, *, tool_name: str) -> str:
    """The id of the cell that the newest call of this id asks for: the call's own, unless the provider gives it again."""
    calls = [call for message in messages for call in _cells(message, tool_name)]
    return _numbered(tool_call_id, sum(call.tool_call_id == tool_call_id for call in calls))


def cells_in(
    messages: Sequence[ModelMessage], *, tool_name: str, before: str | None, run_id: str | None
) -> CellsInHistory:
    """The cells of a history, without the one that is about to run and those that the model asked for after it.

    Args:
        messages: The history as the run has it.
        tool_name: The tool that runs cells.
        before: The id of the call that is about to run, one of the last response's; `None` when there is none.
        run_id: This run, whose own messages do not count as earlier.
    """
    refs: list[CellRef] = []
    returns: dict[str, ToolReturnPart] = {}
    left = Counter(call.tool_call_id for message in messages for call in _cells(message, tool_name))
    all_ids = frozenset(_numbered(id, occurrence + 1) for id, count in left.items() for occurrence in range(count))
    is_last_response = True
    for message in reversed(messages):
        if not isinstance(message, ModelResponse):
            for part in message.parts:
                if isinstance(part, ToolReturnPart) and part.tool_name == tool_name:
                    returns[part.tool_call_id] = part
            continue
        calls = [*_cells(message, tool_name)]
        earlier = len(calls)
        if is_last_response and before is not None:
            ids = [call.tool_call_id for call in calls]
            earlier = ids.index(before) if before in ids else earlier
        is_last_response = False
        for number, call in reversed([*enumerate(calls)]):
            cell_id = _numbered(call.tool_call_id, left[call.tool_call_id])
            left[call.tool_call_id] -= 1
            returned = returns.pop(call.tool_call_id, None)
            if number < earlier:
                refs.append(_ref(call, message, cell_id, returned))
        if len(refs) >= MAX_CELLS:
            break
    return CellsInHistory(
        refs=tuple(refs),
        ids=all_ids,
        last_message_at=_last_earlier(messages, run_id),
        last_turn_at=_last_before_prompt(messages),
    )


def asks_anew(messages: Sequence[ModelMessage]) -> bool:
    """Whether somebody has asked for something since the model's last response; otherwise the run goes on with that."""
    for message in reversed(messages):
        if isinstance(message, ModelResponse):
            return False
        if _asks(message):
            return True
    return False


def said_before(messages: Sequence[ModelMessage], block: str) -> str:
    """What the model was told last in the instruction block of this id; empty when nothing was, or it was withdrawn."""
    for message in reversed(messages):
        for part in message.parts:
            if isinstance(part, InstructionDeltaPart) and str(part.id) == block:
                return part.content or ''
            if isinstance(part, InstructionBaselinePart):
                said = (each for each in part.instructions if isinstance(each, InstructionPart))
                return next((each.content for each in said if str(each.id) == block), '')
    return ''


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Where the model asked for a cell."""

    is_new: bool
    """In this run, so that nothing can have become of it before."""
    conversation_id: str | None
    """The conversation it was asked for in, if the message says."""


def asked_in(messages: Sequence[ModelMessage], *, tool_call_id: str | None, run_id: str | None) -> Asked:
    """Where the model asked for the cell that is about to run, with one of the last response's calls."""
    response = next((message for message in reversed(messages) if isinstance(message, ModelResponse)), None)
    if response is None or all(
        not isinstance(part, ToolCallPart) or part.tool_call_id != tool_call_id for part in response.parts
    ):
        return Asked(is_new=False, conversation_id=None)
    return Asked(is_new=run_id is not None and response.run_id == run_id, conversation_id=response.conversation_id)


def cell_metadata(*, snapshot: str | None) -> dict[str, Any]:
    """What a completed cell's return carries for the next run: the name of the state it left, if that was stored."""
    return {METADATA_KEY: {'snapshot': snapshot}}


def _cells(message: ModelMessage, tool_name: str) -> Iterator[ToolCallPart]:
    if isinstance(message, ModelResponse):
        yield from (part for part in message.parts if isinstance(part, ToolCallPart) and part.tool_name == tool_name)


def _numbered(tool_call_id: str, occurrence: int) -> str:
    return tool_call_id if occurrence < 2 else f'{tool_call_id}~{occurrence}'


def _ref(call: ToolCallPart, message: ModelResponse, cell_id: str, returned: ToolReturnPart | None) -> CellRef:
    noted = None if returned is None else _noted(returned.metadata)
    snapshot = None if noted is None else noted.get('snapshot')
    return CellRef(
        cell_id=cell_id,
        code_digest=code_digest(_code(call)),
        conversation_id=message.conversation_id,
        snapshot=snapshot if isinstance(snapshot, str) else None,
        expects_state=None if noted is None else True,
    )


def _noted(metadata: Any) -> Mapping[str, Any] | None:
    if not isinstance(metadata, Mapping):
        return None
    noted = cast('Mapping[str, Any]', metadata).get(METADATA_KEY)
    return cast('Mapping[str, Any]', noted) if isinstance(noted, Mapping) else None


def _code(call: ToolCallPart) -> str:
    try:
        code = call.args_as_dict().get('code')
    except ValueError:
        return ''
    return code if isinstance(code, str) else ''


def _last_earlier(messages: Sequence[ModelMessage], run_id: str | None) -> datetime | None:
    return next(_times(messages, run_id), None)


def _last_before_prompt(messages: Sequence[ModelMessage]) -> datetime | None:
    newest_first = [*reversed(messages)]
    asks = (number for number, message in enumerate(newest_first) if _asks(message))
    return next(_times([*reversed(newest_first[next(asks, len(messages)) + 1 :])], None), None)


def _asks(message: ModelMessage) -> bool:
    return any(isinstance(part, UserPromptPart) for part in message.parts)


def _times(messages: Sequence[ModelMessage], run_id: str | None) -> Iterator[datetime]:
    for message in reversed(messages):
        if message.timestamp is not None and (run_id is None or message.run_id != run_id):
            yield message.timestamp
