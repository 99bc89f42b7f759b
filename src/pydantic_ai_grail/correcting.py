"""What the cells before a new one called: what it may give again, if it corrects failed ones, and what nobody knows of.

A call of which nobody knows whether it took effect stays unknown, whatever the model does in between, until a cell makes it
again and a person, or the option `unknown_calls`, says what becomes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final

from ._run.past_calls import is_same_call
from ._sessions.journal import Journals
from ._sessions.keeper import CellRef
from ._sessions.session import State
from .conversation import CellsInHistory
from .journal import CalledBefore, Known, KnownCall
from .stores.base import CellKey
from .unsaved import UnsavedCell

MOST_OPEN: Final = 20
"""Cells whose journals are looked at, the newest first, of those that the history does not say to have completed."""


async def called_before(
    journals: Journals, cells: CellsInHistory, state: State, conversation_id: str, unsaved: Sequence[UnsavedCell]
) -> CalledBefore:
    """What the newest of these cells called, those that failed or were cut off, and what nobody knows of any of them.

    Args:
        journals: Where the journals are.
        cells: Those of the history.
        state: The state after them.
        conversation_id: The conversation.
        unsaved: Later ones that the history does not have.

    Raises:
        JournalError, StoreError: When a journal could not be read.
    """
    past = _Past(journals, conversation_id)
    later = [cell.known for cell in takewhile(lambda cell: cell.is_cut_off, unsaved)]
    failed = _chain([*later, *(() if len(later) < len(unsaved) else await _failed(past, cells, state))])
    return CalledBefore(failed=failed, unknown=await _unknown(past, cells, unsaved))


def with_one_more(before: CalledBefore, known: Known, *, is_same: bool, unknown: Sequence[KnownCall]) -> CalledBefore:
    """What there is to give again after one more cell that failed.

    Args:
        before: What there was for that cell.
        known: Its journal.
        is_same: Whether it made no other calls than those before it.
        unknown: The calls of which nobody knows still.
    """
    older = before.failed if is_same or not known.calls else ()
    failed = [known, *older] if known.calls else older
    return CalledBefore(failed=_longer(failed), unknown=unknown)


@dataclass(kw_only=False)
class _Past:
    """The journals of a conversation, each read once."""

    journals: Journals
    conversation_id: str
    _read: dict[CellKey, Known] = field(default_factory=dict[CellKey, Known])

    async def of(self, ref: CellRef) -> Known:
        key = CellKey(ref.conversation_id or self.conversation_id, ref.cell_id, ref.code_digest)
        if key not in self._read:
            self._read[key] = (await self.journals.peek(key)).known()
        return self._read[key]


async def _failed(past: _Past, cells: CellsInHistory, state: State) -> list[Known]:
    header = state.saved.header if state.saved is not None else None
    failed: list[Known] = []
    for ref in cells.refs[:MOST_OPEN]:
        if ref.expects_state or (
            header is not None and header.cell_id == ref.cell_id and header.outcome == 'completed'
        ):
            break
        known = await past.of(ref)
        if known.ended is not None and known.ended.outcome == 'completed':
            break
        if not known.calls:
            continue  # refused, or it failed before it called anything
        failed.append(known)
    return failed


def _chain(failed: Sequence[Known]) -> list[Known]:
    """The newest, and those before it that made the same calls and more."""
    chain: list[Known] = []
    for known in failed:
        if chain and not _goes_further(known, chain[-1]):
            break
        chain.append(known)
    return chain


def _goes_further(known: Known, later: Known) -> bool:
    """Whether a cell made the calls of a later one, and more."""
    return max(known.calls) > max(later.calls) and all(
        ordinal not in known.calls or is_same_call(known.calls[ordinal].began, call.began)
        for ordinal, call in later.calls.items()
    )


def _longer(failed: Sequence[Known]) -> list[Known]:
    """Those of the cells, the newest first, that go further than the ones after them."""
    kept: list[Known] = []
    for known in failed:
        if not kept or max(known.calls) > max(kept[-1].calls):
            kept.append(known)
    return kept


async def _unknown(past: _Past, cells: CellsInHistory, unsaved: Sequence[UnsavedCell]) -> list[KnownCall]:
    with_unknown = [
        number
        for number in [number for number, ref in enumerate(cells.refs) if not ref.expects_state][:MOST_OPEN]
        if (await past.of(cells.refs[number])).unknown
    ]
    left: dict[str, KnownCall] = {}
    in_history = [await past.of(ref) for ref in reversed(cells.refs[: with_unknown[-1] + 1] if with_unknown else ())]
    for known in [*in_history, *(cell.known for cell in reversed(unsaved))]:
        for call in known.calls.values():  # one that was made again has the key that it had
            left.pop(call.began.key, None)
        left.update({call.began.key: call for call in known.unknown})
    return [*left.values()]
