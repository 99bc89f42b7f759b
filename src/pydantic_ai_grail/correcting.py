"""What the cells before a new one called: what it may give again, if it corrects failed ones, and what nobody knows of.

A call of which nobody knows whether it took effect stays unknown, whatever the model does in between, until a cell makes it
again and a person, or the option `unknown_calls`, says what becomes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ._run.corrected import CorrectedCalls, IsReadOnly, changing, is_same_call
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
    journals: Journals,
    cells: CellsInHistory,
    state: State,
    conversation_id: str,
    *,
    unsaved: Sequence[UnsavedCell],
    is_read_only: IsReadOnly,
) -> CalledBefore:
    """What the newest of these cells called, those that failed or were cut off, and what nobody knows of any of them.

    Args:
        journals: Where the journals are.
        cells: Those of the history.
        state: The state after them.
        conversation_id: The conversation.
        unsaved: Later ones that the history does not have.
        is_read_only: Tells the tools that change nothing.

    Raises:
        JournalError, StoreError: When a journal could not be read.
    """
    past = _Past(journals, conversation_id)
    uncompleted = await _uncompleted(past, cells, state)
    failed = [known for known in uncompleted if known.ended is not None and changing(known, is_read_only)]
    return CalledBefore(
        failed=_chain(failed, is_read_only),
        done=_done([*(cell.known for cell in unsaved), *uncompleted], is_read_only),
        unknown=await _unknown(past, cells, unsaved),
    )


def with_one_more(
    before: CalledBefore, known: Known, corrected: CorrectedCalls, is_read_only: IsReadOnly, *, completed: bool
) -> CalledBefore:
    """What there is to give again, in the same run, after one more cell.

    Args:
        before: What there was for that cell.
        known: Its journal.
        corrected: What it has made of that.
        is_read_only: Tells the tools that change nothing.
        completed: Whether it came to its end; otherwise it failed.
    """
    unknown = (*corrected.unknown, *known.unknown)
    failed = before.failed
    if changing(known, is_read_only):
        older = failed if corrected.is_same else ()
        failed = () if completed else _longer([known, *older], is_read_only)
    return CalledBefore(failed=failed, done=corrected.done, unknown=unknown)


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


async def _uncompleted(past: _Past, cells: CellsInHistory, state: State) -> list[Known]:
    """The newest cells, the newest first, up to one that completed: those that failed and those that were cut off."""
    header = state.saved.header if state.saved is not None else None
    found: list[Known] = []
    for ref in cells.refs[:MOST_OPEN]:
        if ref.expects_state or (
            header is not None and header.cell_id == ref.cell_id and header.outcome == 'completed'
        ):
            break
        known = await past.of(ref)
        if known.ended is not None and known.ended.outcome == 'completed':
            break
        if known.calls:  # otherwise it was refused, or failed before it called anything
            found.append(known)
    return found


def _done(newest_first: Sequence[Known], is_read_only: IsReadOnly) -> list[KnownCall]:
    """What returned in cells that were cut off, and was not given again since."""
    done: list[KnownCall] = []
    for known in reversed(newest_first):
        for call in known.calls.values():
            again = next((each for each in done if is_same_call(each.began, call.began)), None)
            if call.began.attempt == 0 and again is not None:
                done.remove(again)
            returned = call.ended is not None and call.ended.state == 'returned'
            if known.ended is None and returned and not is_read_only(call.began.tool):
                done.append(call)
    return done


def _chain(failed: Sequence[Known], is_read_only: IsReadOnly) -> list[Known]:
    """The newest, and those before it that made the same calls and more."""
    chain: list[Known] = []
    for known in failed:
        if chain and not _goes_further(changing(known, is_read_only), changing(chain[-1], is_read_only)):
            break
        chain.append(known)
    return chain


def _goes_further(calls: Sequence[KnownCall | None], later: Sequence[KnownCall | None]) -> bool:
    """Whether a cell made the calls of a later one, and more."""
    return len(calls) > len(later) and all(
        call is None or other is None or is_same_call(call.began, other.began)
        for call, other in zip(calls, later, strict=False)
    )


def _longer(failed: Sequence[Known], is_read_only: IsReadOnly) -> list[Known]:
    """Those of the cells, the newest first, that go further than the ones after them."""
    kept: list[Known] = []
    for known in failed:
        if not kept or len(changing(known, is_read_only)) > len(changing(kept[-1], is_read_only)):
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
