"""What a message history says of its cells. Reads Pydantic AI's messages; knows nothing of stores or sandboxes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from pydantic_ai.messages import (
    CompactionPart,
    InstructionBaselinePart,
    InstructionDeltaPart,
    InstructionPart,
    ModelMessage,
    ModelResponse,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

from .._state.repository import CellRef
from ..events.calls import STATE_KEY
from .cells_called import RESUME, CellCallPart, CellCalls, digest_of, noted_in

MAX_CELLS: Final = 100
"""Cells that are looked at, the newest first. Only cells that left no state make a second one necessary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellsInHistory:
    """The cells of a history."""

    refs: tuple[CellRef, ...]
    """The newest first."""
    calls: Mapping[str, ToolCallPart]
    """All calls for cells in the messages, also for those that are not among `refs`, by the cell's id."""
    last_message_at: datetime | None
    """When the newest message of an earlier run was written."""
    last_turn_at: datetime | None
    """When the newest message before the last prompt was written."""
    is_compacted: bool = False
    """Whether a `CompactionPart` stands for messages that are gone."""
    has_earlier_messages: bool = False
    """Whether there is more than the prompt of this run and what came of it."""

    def has(self, cell_id: str, digest: str) -> bool:
        """Whether a cell of this id and code is in the messages."""
        call = self.calls.get(cell_id)
        return call is not None and digest_of(call) == digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """A cell that was denied as a whole without being called."""

    cell_id: str
    asking: ToolCallPart
    """The call that asked for the cell."""
    part: ToolReturnPart
    """What was said of the call that was denied: that one, or one that resumed its cell."""


def denied_in(messages: Sequence[ModelMessage], *, tool_name: str) -> list[Denial]:
    """What was denied since the model's last response; of very many, which no model asks for, the newest."""
    parts: list[ToolReturnPart] = []
    for message in reversed(messages):
        if isinstance(message, ModelResponse):
            break
        returns = (part for part in message.parts if isinstance(part, ToolReturnPart))
        parts += [part for part in returns if part.tool_name == tool_name and part.outcome == 'denied']
    if not parts:
        return []
    calls = {id: call for call in CellCalls(messages, tool_name=tool_name).all for id in call.tool_call_ids}
    return [
        Denial(cell_id=call.cell_id, asking=call.part, part=part)
        for part in parts[-MAX_CELLS:]
        if (call := calls.get(part.tool_call_id)) is not None
    ]


def cells_in(calls: CellCalls, *, before: str | None, run_id: str | None) -> CellsInHistory:
    """The cells of a history, without the one that is about to run and those that the model asked for after it.

    Args:
        calls: Those of the history as the run has it.
        before: The id of the call that is about to run, one of the last response's; `None` when there is none.
        run_id: This run, whose own messages do not count as earlier.
    """
    messages, earlier = calls.messages, _before_prompt(calls.messages)
    last = next((message for message in reversed(messages) if isinstance(message, ModelResponse)), None)
    count = len(calls.all)
    if before is not None:
        count = next((n for n, call in enumerate(calls.all) if call.is_of(last, before)), count)
    return CellsInHistory(
        refs=tuple([_ref(call) for call in reversed(calls.all[:count][-MAX_CELLS:])]),
        calls={call.cell_id: call.part for call in calls.all},
        last_message_at=_newest_time(messages, run_id),
        last_turn_at=_newest_time(earlier, None),
        is_compacted=_is_compacted(messages),
        has_earlier_messages=bool(earlier) or _has_response_of_another_run(messages, run_id),
    )


def _is_compacted(messages: Sequence[ModelMessage]) -> bool:
    for message in messages:
        for part in message.parts:
            if isinstance(part, CompactionPart):
                return True
    return False


def _has_response_of_another_run(messages: Sequence[ModelMessage], run_id: str | None) -> bool:
    return any(isinstance(message, ModelResponse) and message.run_id != run_id for message in messages)


def requests_again(messages: Sequence[ModelMessage]) -> bool:
    """Whether somebody has asked for something since the model's last response; otherwise the run continues with that."""
    for message in reversed(messages):
        if isinstance(message, ModelResponse):
            return False
        if _asks(message):
            return True
    return False


def last_instruction(messages: Sequence[ModelMessage], block: str) -> str:
    """What the model was told last in the instruction block of this id; empty when nothing was, or it was withdrawn."""
    for message in reversed(messages):
        for part in message.parts:
            if isinstance(part, InstructionDeltaPart) and str(part.id) == block:
                return part.content or ''
            if isinstance(part, InstructionBaselinePart):
                blocks = (each for each in part.instructions if isinstance(each, InstructionPart))
                return next((each.content for each in blocks if str(each.id) == block), '')
    return ''


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRequest:
    """Where the model asked for a cell."""

    is_new: bool
    """In this run, so that nothing can have become of it before."""
    conversation_id: str | None
    """The conversation it was asked for in, if the message says."""
    at: datetime | None = None


def cell_request_in(
    messages: Sequence[ModelMessage], *, tool_call_id: str | None, run_id: str | None, resumes: bool = False
) -> CellRequest:
    """Where the model asked for the cell that is about to run, with one of the last response's calls.

    Args:
        messages: The history as the run has it.
        tool_call_id: The call that asks for the cell.
        run_id: This run.
        resumes: Whether that call is an earlier one, and the last response's resumes its cell.
    """
    responses = (message for message in reversed(messages) if isinstance(message, ModelResponse))
    response = next((each for each in responses if not resumes or _has(each, tool_call_id)), None)
    if response is None or not _has(response, tool_call_id):
        return CellRequest(is_new=False, conversation_id=None)
    return CellRequest(
        is_new=run_id is not None and response.run_id == run_id and not resumes,
        conversation_id=response.conversation_id,
        at=response.timestamp,
    )


def _has(response: ModelResponse, tool_call_id: str | None) -> bool:
    return any(isinstance(part, ToolCallPart) and part.tool_call_id == tool_call_id for part in response.parts)


_LOST: Final = 'lost'


def cell_metadata(*, snapshot: str | None, cell_id: str | None, is_lost: bool = False) -> dict[str, Any]:
    """What a completed cell's return carries for the next run: the name of the state it left, if that was stored, or that it
    left none, and its own id, if it is another one than the call's."""
    noted = {
        'snapshot': snapshot,
        **({} if cell_id is None else {'cell': cell_id}),
        **({_LOST: True} if is_lost else {}),
    }
    return {STATE_KEY: noted}


def _ref(call: CellCallPart) -> CellRef:
    noted = None if call.returned is None else noted_in(call.returned.metadata)
    snapshot = None if noted is None else noted.get('snapshot')
    return CellRef(
        cell_id=call.cell_id,
        code_digest=digest_of(call.part),
        conversation_id=call.message.conversation_id,
        snapshot=snapshot if isinstance(snapshot, str) else None,
        expects_state=None if noted is None or noted.get(_LOST) is True else True,
        seems_completed=noted is None and call.returned is not None and _is_of_completed(call.returned),
    )


def _is_of_completed(returned: ToolReturnPart) -> bool:
    """Whether a return without metadata is that of a completed cell: those are objects, and feedback is text. Front ends send
    an object as its JSON, feedback in an object of its own, and some drop the outcome."""
    content: Any = returned.content
    if returned.outcome != 'success':
        return False
    if isinstance(content, str):
        return _COMPLETED.match(content) is not None and f'"{RESUME}"' not in content
    return isinstance(content, Mapping) and RESUME not in content and not _KEYS.isdisjoint(cast('Any', content))


_KEYS: Final = frozenset({'printed', 'result', 'preview', 'notes'})
"""Of what the model reads of a completed cell; see `_reply/success.py`."""
_COMPLETED: Final = re.compile(rf'\s*\{{\s*"({"|".join(sorted(_KEYS))})"')


def _before_prompt(messages: Sequence[ModelMessage]) -> Sequence[ModelMessage]:
    """The messages before the last prompt."""
    for number in range(len(messages) - 1, -1, -1):
        if _asks(messages[number]):
            return messages[:number]
    return ()


def _asks(message: ModelMessage) -> bool:
    return any(isinstance(part, UserPromptPart) for part in message.parts)


def _newest_time(messages: Sequence[ModelMessage], run_id: str | None) -> datetime | None:
    """When the newest of the messages was written that is not of this run."""
    for message in reversed(messages):
        if message.timestamp is not None and (run_id is None or message.run_id != run_id):
            return message.timestamp
    return None
