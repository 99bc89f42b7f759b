"""What a message history says of its cells. Reads Pydantic AI's messages; knows nothing of stores or sandboxes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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

from .._common.identifiers import cell_id_of
from .._state.envelope import code_digest
from .._state.repository import CellRef
from ..events.calls import METADATA_KEY, STATE_KEY

RESUME: Final = 'resume'
"""The argument of a call that resumes a cell: the id of the call that asked for it."""

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
        return call is not None and code_digest(code_of(call)) == digest


def cell_id_in(messages: Sequence[ModelMessage], tool_call_id: str, *, tool_name: str) -> str:
    """The id of the cell that the newest call of this id asks for: the call's own, unless the provider gives it again."""
    call = _newest(_calls(messages, tool_name), tool_call_id)
    return cell_id_of(tool_call_id) if call is None else call.cell_id


def asking_call(messages: Sequence[ModelMessage], tool_call_id: str, *, tool_name: str) -> ToolCallPart | None:
    """The call that asked for the cell of the call of this id: itself, or, where that resumes one, an earlier one."""
    call = _newest(_calls(messages, tool_name), tool_call_id)
    return None if call is None else call.part


def cell_ids_in(messages: Sequence[ModelMessage], *, tool_name: str) -> Mapping[str, str]:
    """As `cell_id_in`, for all calls at once."""
    return {id: call.cell_id for call in _calls(messages, tool_name) for id in call.asked_by}


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
    calls = {id: call for call in _calls(messages, tool_name) for id in call.asked_by}
    return [
        Denial(cell_id=call.cell_id, asking=call.part, part=part)
        for part in parts[-MAX_CELLS:]
        if (call := calls.get(part.tool_call_id)) is not None
    ]


def resumed_in(call: ToolCallPart) -> str | None:
    """The tool call whose cell a call resumes; `None` for one that asks for a cell of its own."""
    if call.args is None or RESUME not in call.args:
        return None
    try:
        resumed = call.args_as_dict().get(RESUME)
    except ValueError:
        return None
    return resumed if isinstance(resumed, str) and resumed else None


def next_cell_id(cell_id: str) -> str:
    """The id for another cell whose call has the same id."""
    own, _, number = cell_id.rpartition('~')
    return f'{own}~{int(number) + 1}' if own and number.isdecimal() else f'{cell_id}~2'


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
    calls = _calls(messages, tool_name)
    last = next((message for message in reversed(messages) if isinstance(message, ModelResponse)), None)
    asked = next((n for n, call in enumerate(calls) if before is not None and call.is_of(last, before)), len(calls))
    return CellsInHistory(
        refs=tuple(_ref(call) for call in reversed(calls[:asked][-MAX_CELLS:])),
        calls={call.cell_id: call.part for call in calls},
        last_message_at=_last_earlier(messages, run_id),
        last_turn_at=next(_times(_before_prompt(messages), None), None),
        is_compacted=any(isinstance(part, CompactionPart) for message in messages for part in message.parts),
        has_earlier_messages=bool(_before_prompt(messages))
        or any(isinstance(message, ModelResponse) and message.run_id != run_id for message in messages),
    )


def requests_again(messages: Sequence[ModelMessage]) -> bool:
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
                told = (each for each in part.instructions if isinstance(each, InstructionPart))
                return next((each.content for each in told if str(each.id) == block), '')
    return ''


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Where the model asked for a cell."""

    is_new: bool
    """In this run, so that nothing can have become of it before."""
    conversation_id: str | None
    """The conversation it was asked for in, if the message says."""
    at: datetime | None = None


def asked_in(
    messages: Sequence[ModelMessage], *, tool_call_id: str | None, run_id: str | None, resumes: bool = False
) -> Asked:
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
        return Asked(is_new=False, conversation_id=None)
    return Asked(
        is_new=run_id is not None and response.run_id == run_id and not resumes,
        conversation_id=response.conversation_id,
        at=response.timestamp,
    )


def _has(response: ModelResponse, tool_call_id: str | None) -> bool:
    return any(isinstance(part, ToolCallPart) and part.tool_call_id == tool_call_id for part in response.parts)


def cell_metadata(*, snapshot: str | None, cell_id: str | None, is_lost: bool = False) -> dict[str, Any]:
    """What a completed cell's return carries for the next run: the name of the state it left, if that was stored, or that it
    left none, and its own id, if it is another one than the call's."""
    noted = {
        'snapshot': snapshot,
        **({} if cell_id is None else {'cell': cell_id}),
        **({_LOST: True} if is_lost else {}),
    }
    return {STATE_KEY: noted}


_LOST: Final = 'lost'


@dataclass(slots=True)
class _Call:
    """A call for a cell, and the calls that resume it."""

    part: ToolCallPart
    message: ModelResponse
    cell_id: str = ''
    returned: ToolReturnPart | None = None
    resumed: list[tuple[ModelResponse, str]] = field(default_factory=list[tuple[ModelResponse, str]])

    def is_of(self, message: ModelResponse | None, tool_call_id: str) -> bool:
        """Whether a call in this message is for this cell."""
        return any(each is message and id == tool_call_id for each, id in self._asked)

    @property
    def asked_by(self) -> list[str]:
        return [id for _, id in self._asked]

    def has(self, tool_call_id: str) -> bool:
        return tool_call_id in self.asked_by

    @property
    def _asked(self) -> list[tuple[ModelResponse, str]]:
        return [(self.message, self.part.tool_call_id), *self.resumed]


def _newest(calls: Sequence[_Call], tool_call_id: str) -> _Call | None:
    return next((call for call in reversed(calls) if call.has(tool_call_id)), None)


def _calls(messages: Sequence[ModelMessage], tool_name: str) -> list[_Call]:
    """All calls for cells, in order, with what came back for them."""
    calls: list[_Call] = []
    newest: dict[str, _Call] = {}
    for message in messages:
        for part in message.parts:
            if isinstance(part, ToolCallPart) and part.tool_name == tool_name and isinstance(message, ModelResponse):
                cell = newest.get(resumed_in(part) or '')
                if cell is None:
                    cell = _Call(part, message)
                    calls.append(cell)
                else:
                    cell.resumed.append((message, part.tool_call_id))
                newest[part.tool_call_id] = cell
            elif isinstance(part, ToolReturnPart) and part.tool_call_id in newest:
                newest[part.tool_call_id].returned = part
    ids: dict[str, str] = {}
    for call in calls:
        own = call.part.tool_call_id
        noted = None if call.returned is None else (_noted(call.returned.metadata) or {}).get('cell')
        counted = next_cell_id(ids[own]) if own in ids else cell_id_of(own)
        call.cell_id = ids[own] = cell_id_of(noted) if isinstance(noted, str) else counted
    return calls


def _ref(call: _Call) -> CellRef:
    noted = None if call.returned is None else _noted(call.returned.metadata)
    snapshot = None if noted is None else noted.get('snapshot')
    return CellRef(
        cell_id=call.cell_id,
        code_digest=code_digest(code_of(call.part)),
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


def _noted(metadata: Any) -> Mapping[str, Any] | None:
    if not isinstance(metadata, Mapping):
        return None
    noted = state_noted_in(cast('Mapping[str, Any]', metadata))
    return cast('Mapping[str, Any]', noted) if isinstance(noted, Mapping) else None


def state_noted_in(metadata: Mapping[str, Any]) -> Any:
    """What a return's metadata says of the state; older histories have it where the mark of code mode stands."""
    return metadata.get(STATE_KEY, metadata.get(METADATA_KEY))


def code_of(call: ToolCallPart) -> str:
    """The code of a call for a cell; empty when it has none."""
    try:
        code = call.args_as_dict().get('code')
    except ValueError:
        return ''
    return code if isinstance(code, str) else ''


def _last_earlier(messages: Sequence[ModelMessage], run_id: str | None) -> datetime | None:
    return next(_times(messages, run_id), None)


def _before_prompt(messages: Sequence[ModelMessage]) -> Sequence[ModelMessage]:
    """The messages before the last prompt."""
    return messages[: max((number for number, message in enumerate(messages) if _asks(message)), default=0)]


def _asks(message: ModelMessage) -> bool:
    return any(isinstance(part, UserPromptPart) for part in message.parts)


def _times(messages: Sequence[ModelMessage], run_id: str | None) -> Iterator[datetime]:
    for message in reversed(messages):
        if message.timestamp is not None and (run_id is None or message.run_id != run_id):
            yield message.timestamp
