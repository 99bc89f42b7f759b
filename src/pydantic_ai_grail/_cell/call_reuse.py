"""What the cells before a new one called: what it may reuse, if it corrects failed ones, and what has an unknown outcome.

A call with an unknown outcome stays unknown, whatever the model does in between, until a cell makes it
again and a person, or the option `on_unknown_call`, says what becomes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from .._journal.cell_journal import Journals
from .._journal.reuse import IsReadOnly, ReusableCalls, changing, is_same_call
from .._state.repository import CellRef
from ..events.journal_entries import EMPTY_JOURNAL, EarlierCalls, JournaledCall, JournalState
from ..stores.base import CellKey
from .message_history import CellsInHistory
from .orphaned_cells import OrphanedCell, orphaned_cells
from .session import Session, State

MOST_OPEN: Final = 20
"""Cells whose journals are looked at, the newest first, of those that the history does not say to have completed."""


@dataclass(kw_only=True)
class Corrections:
    """What the cells of a run are given of those before them. Lifetime: the run."""

    journals: Journals
    session: Session
    """The conversation, and what its history may open."""
    has_times: bool = True
    """Whether the history says when its turns were; see `orphaned_cells`."""
    _before: EarlierCalls | None = None
    _unsaved: Sequence[OrphanedCell] | None = None
    _failed_in_step: int | None = None

    async def unsaved(self, cells: CellsInHistory) -> Sequence[OrphanedCell]:
        """The cells that this conversation ran before this run and that these messages do not have, the newest first.

        Raises:
            StoreError: When the store failed.
        """
        if self._unsaved is None:
            self._unsaved = await orphaned_cells(
                self.journals, cells, self.session.conversation, has_times=self.has_times
            )
        return [cell for cell in self._unsaved if not cells.has(cell.key.cell_id, cell.key.code_digest)]

    async def shown(self, cells: CellsInHistory) -> Sequence[OrphanedCell]:
        """Those of them that the model may be told of. Without an owner anybody may have named the conversation: then those
        that began after a cell which the messages have, or after one of these.

        Raises:
            StoreError: When the store failed.
        """
        unsaved = await self.unsaved(cells)
        if self.session.conversation.has_owner:
            return unsaved
        journaled, shown = set(cells.calls), list[OrphanedCell]()
        for cell in reversed(unsaved):
            if cell.journaled.began is not None and cell.journaled.began.parent in journaled:
                journaled.add(cell.key.cell_id)
                shown.insert(0, cell)
        return shown

    async def called_before(
        self, cells: CellsInHistory, state: State, is_read_only: IsReadOnly, *, step: int
    ) -> EarlierCalls:
        """What cells have called, for the next one, and the calls with an unknown outcome.

        Args:
            cells: Those of the history.
            state: The state after them.
            is_read_only: Tells the tools that change nothing.
            step: The step of the run. A cell of the same response as one that failed does not correct it.

        Raises:
            JournalError, StoreError: When a journal could not be read.
        """
        if self._before is None:
            replay, unsaved = _Past(self.journals, self.session, cells.refs), await self.unsaved(cells)
            uncompleted = await _uncompleted(replay, cells, state)
            failed = [
                journaled
                for journaled in uncompleted
                if journaled.ended is not None and changing(journaled, is_read_only)
            ]
            self._before = EarlierCalls(
                failed=_chain(failed, is_read_only),
                done=_done([*(cell.journaled for cell in unsaved if cell.is_reused), *uncompleted], is_read_only),
                unknown=await _unknown(replay, cells, unsaved),
            )
        return replace(self._before, failed=()) if self._failed_in_step == step else self._before

    def note(
        self, journaled: JournalState, reusable: ReusableCalls, is_read_only: IsReadOnly, *, step: int, failed: bool
    ) -> None:
        """Take in what a cell made of that.

        Args:
            known: Its journal.
            corrected: What it has made of the calls before.
            is_read_only: Tells the tools that change nothing.
            step: The step of the run.
            failed: Whether it failed; otherwise it completed.
        """
        if failed:
            self._failed_in_step = step
        if self._before is None:
            return  # it could call nothing
        chain = self._before.failed
        if changing(journaled, is_read_only):
            older = chain if reusable.is_same else ()
            chain = [journaled, *older] if failed else ()
        self._before = EarlierCalls(failed=chain, done=reusable.done, unknown=(*reusable.unknown, *journaled.unknown))


@dataclass(kw_only=False)
class _Past:
    """The journals of a history, each read once."""

    journals: Journals
    session: Session
    refs: Sequence[CellRef]
    _read: dict[CellKey, JournalState] = field(default_factory=dict[CellKey, JournalState])

    async def of(self, ref: CellRef) -> JournalState:
        own = self.session.conversation
        conversation = own._replace(conversation_id=ref.conversation_id or own.conversation_id)
        key = conversation.cell(ref.cell_id, ref.code_digest)
        if key not in self._read:
            may = await self.session.may_open(conversation.conversation_id, self.refs)
            self._read[key] = (await self.journals.peek(key)).state() if may else EMPTY_JOURNAL
        return self._read[key]


async def _uncompleted(replay: _Past, cells: CellsInHistory, state: State) -> list[JournalState]:
    """The newest cells, the newest first, up to one that completed: those that failed and those that were interrupted."""
    header = state.saved.header if state.saved is not None else None
    found: list[JournalState] = []
    for ref in cells.refs[:MOST_OPEN]:
        if ref.expects_state or (
            header is not None and header.cell_id == ref.cell_id and header.outcome == 'completed'
        ):
            break
        journaled = await replay.of(ref)
        if journaled.ended is not None and journaled.ended.outcome == 'completed':
            break
        if journaled.calls:  # otherwise it was refused, or failed before it called anything
            found.append(journaled)
    return found


def _done(newest_first: Sequence[JournalState], is_read_only: IsReadOnly) -> list[JournaledCall]:
    """What returned in interrupted cells, and was not reused since."""
    done: list[JournaledCall] = []
    for journaled in reversed(newest_first):
        for call in journaled.calls.values():
            again = next((each for each in done if is_same_call(each.began, call.began)), None)
            if call.began.attempt == 0:  # it was given what that one, or one of a failed cell, had returned
                if again is not None and journaled.ended is not None:
                    done.remove(again)
                continue
            returned = call.ended is not None and call.ended.state == 'returned'
            if journaled.ended is None and returned and not is_read_only(call.began.tool):
                done.append(call)
    return done


def _chain(failed: Sequence[JournalState], is_read_only: IsReadOnly) -> list[JournalState]:
    """The newest, and those before it, up to one that made other calls."""
    chain: list[JournalState] = []
    made: list[JournaledCall | None] = []
    for journaled in failed:
        calls = changing(journaled, is_read_only)
        if not _agree(calls, made):
            break
        chain.append(journaled)
        made += calls[len(made) :]
    return chain


def _agree(calls: Sequence[JournaledCall | None], others: Sequence[JournaledCall | None]) -> bool:
    return all(
        call is None or other is None or is_same_call(call.began, other.began)
        for call, other in zip(calls, others, strict=False)
    )


async def _unknown(replay: _Past, cells: CellsInHistory, unsaved: Sequence[OrphanedCell]) -> list[JournaledCall]:
    with_unknown = [
        number
        for number in [number for number, ref in enumerate(cells.refs) if not ref.expects_state][:MOST_OPEN]
        if (await replay.of(cells.refs[number])).unknown
    ]
    left: dict[str, JournaledCall] = {}
    in_history = [await replay.of(ref) for ref in reversed(cells.refs[: with_unknown[-1] + 1] if with_unknown else ())]
    for journaled in [*in_history, *(cell.journaled for cell in reversed(unsaved))]:
        for call in journaled.calls.values():  # one that was made again has the key that it had
            left.pop(call.began.key, None)
        left.update({call.began.key: call for call in journaled.unknown})
    return [*left.values()]
