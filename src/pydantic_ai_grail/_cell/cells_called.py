"""The calls for cells in a message history: which cell each is for, which resume one, what came back. Reads Pydantic AI's
messages; knows nothing of stores or sandboxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, cast

from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart, ToolReturnPart

from .._common.identifiers import cell_id_of
from .._state.envelope import code_digest
from ..events.calls import METADATA_KEY, STATE_KEY

RESUME: Final = 'resume'
"""The argument of a call that resumes a cell: the id of the call that asked for it."""


class CellCalls:
    """The calls for cells in some messages, read once."""

    def __init__(self, messages: Sequence[ModelMessage], *, tool_name: str) -> None:
        self.messages: Final = messages
        self.all: Final = _read(messages, tool_name)

    def cell_id(self, tool_call_id: str) -> str:
        """The id of the cell that the newest call of this id asks for: the call's own, unless the provider gives it again."""
        call = self._newest(tool_call_id)
        return cell_id_of(tool_call_id) if call is None else call.cell_id

    def asking(self, tool_call_id: str) -> ToolCallPart | None:
        """The call that asked for the cell of the call of this id: itself, or, where that resumes one, an earlier one."""
        call = self._newest(tool_call_id)
        return None if call is None else call.part

    def _newest(self, tool_call_id: str) -> CellCallPart | None:
        for call in reversed(self.all):
            if call.has(tool_call_id):
                return call
        return None


def cell_ids_in(messages: Sequence[ModelMessage], *, tool_name: str) -> Mapping[str, str]:
    """The cell of each call, by the id of the call."""
    return {id: call.cell_id for call in CellCalls(messages, tool_name=tool_name).all for id in call.tool_call_ids}


@dataclass(slots=True)
class CellCallPart:
    """A call for a cell, what came back for it, and the calls that resume it."""

    part: ToolCallPart
    message: ModelResponse
    cell_id: str = ''
    returned: ToolReturnPart | None = None
    resumed: list[tuple[ModelResponse, str]] = field(default_factory=list[tuple[ModelResponse, str]])

    def is_of(self, message: ModelResponse | None, tool_call_id: str) -> bool:
        """Whether a call in this message is for this cell."""
        if self.message is message and self.part.tool_call_id == tool_call_id:
            return True
        return bool(self.resumed) and any(each is message and id == tool_call_id for each, id in self.resumed)

    @property
    def tool_call_ids(self) -> list[str]:
        return [self.part.tool_call_id, *(id for _, id in self.resumed)]

    def has(self, tool_call_id: str) -> bool:
        return self.part.tool_call_id == tool_call_id or (bool(self.resumed) and tool_call_id in self.tool_call_ids)


def _read(messages: Sequence[ModelMessage], tool_name: str) -> list[CellCallPart]:
    """All calls for cells, in order, with what came back for them."""
    calls: list[CellCallPart] = []
    newest: dict[str, CellCallPart] = {}
    for message in messages:
        for part in message.parts:
            if isinstance(part, ToolCallPart) and part.tool_name == tool_name and isinstance(message, ModelResponse):
                cell = newest.get(resumed_in(part) or '')
                if cell is None:
                    cell = CellCallPart(part, message)
                    calls.append(cell)
                else:
                    cell.resumed.append((message, part.tool_call_id))
                newest[part.tool_call_id] = cell
            elif isinstance(part, ToolReturnPart) and part.tool_call_id in newest:
                newest[part.tool_call_id].returned = part
    ids: dict[str, str] = {}
    for call in calls:
        own = call.part.tool_call_id
        noted = None if call.returned is None else (noted_in(call.returned.metadata) or {}).get('cell')
        counted = next_cell_id(ids[own]) if own in ids else cell_id_of(own)
        call.cell_id = ids[own] = cell_id_of(noted) if isinstance(noted, str) else counted
    return calls


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


def noted_in(metadata: Any) -> Mapping[str, Any] | None:
    """What a return's metadata says of the state, if it says something that can be read."""
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


def digest_of(call: ToolCallPart) -> str:
    """The digest of the code of a call for a cell."""
    args = call.args
    return code_digest(code_of(call)) if not isinstance(args, str) else _digest_in(args)


@lru_cache(maxsize=256)
def _digest_in(args: str) -> str:
    """The digest of the code in arguments as providers send them: every cell asks for those of all cells before it."""
    return code_digest(code_of(ToolCallPart('', args)))
