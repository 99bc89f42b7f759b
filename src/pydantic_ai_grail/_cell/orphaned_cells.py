"""Cells that a conversation has run and that its history does not have: their run died before the application had saved
its messages, or the history was taken back. What they did stays done, so the model is told, and calls are not repeated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile
from typing import Final

from .._catalog.catalog import Catalog
from .._journal.cell_journal import Journals
from .._journal.claims import is_held
from .._journal.reached import is_of_grants
from .._journal.replay import Replay
from .._run.call_records import record_of, settled_of
from ..errors import JournalError
from ..events.calls import CallRecord
from ..events.journal_entries import JournalState
from ..stores.base import CellKey, ConversationKey
from .message_history import CellsInHistory

MOST: Final = 20
"""Cells that are looked at, the newest first."""
REUSED_FOR: Final = timedelta(days=1)
"""Whoever asks again after longer means a new call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrphanedCell:
    """A cell that the history does not have."""

    key: CellKey
    journaled: JournalState
    is_reused: bool
    """Whether it was interrupted, and not long ago: then who makes its calls again gets what they had returned."""

    def records(self, catalog: Catalog | None) -> list[CallRecord]:
        """How far its calls came."""
        return records_of(self.key.cell_id, self.journaled, catalog)


async def orphaned_cells(
    journals: Journals, cells: CellsInHistory, conversation: ConversationKey, *, has_times: bool
) -> Sequence[OrphanedCell]:
    """The cells that began in this turn, or after it, and that the history does not have, the newest first. Those that a
    process is running are its own business, and one whose journal cannot be opened tells nothing. In a history without an
    earlier turn only those that were interrupted: programs may use one conversation for many jobs.

    Args:
        journals: Where journals are.
        cells: The history.
        conversation: Whose journals are looked at.
        has_times: Whether the history says when its turns were. One that a client sent does not: adapters put the present
            time into it, or what the client says. Then the newest of its cells that has a journal takes the turn's place.

    Raises:
        StoreError: When the store failed.
    """
    if not journals.writes_calls:
        return ()
    begun = await journals.guarded.begun(conversation, after=cells.last_turn_at if has_times else None)
    if not has_times:
        begun = [*takewhile(lambda cell: not cells.has(cell.key.cell_id, cell.key.code_digest), begun)]
    now = journals.clock()
    unsaved = [
        cell
        for cell in begun
        if not (is_of_grants(cell.key) or cells.has(cell.key.cell_id, cell.key.code_digest))
        and not (cell.claim is not None and is_held(cell.claim, now))
    ][:MOST]
    found = await asyncio.gather(*(_journaled(journals, cell.key) for cell in unsaved))
    return [
        OrphanedCell(
            key=cell.key, journaled=journaled, is_reused=journaled.ended is None and now - cell.at <= REUSED_FOR
        )
        for cell, journaled in zip(unsaved, found, strict=True)
        if journaled is not None and journaled.calls and (journaled.ended is None or cells.last_turn_at is not None)
    ]


def records_of(cell_id: str, journaled: JournalState, catalog: Catalog | None) -> list[CallRecord]:
    """How far the calls of a cell came, as its journal says."""
    replay = Replay(cell_id=cell_id, journaled=journaled)
    records: list[CallRecord] = []
    for ordinal, call in sorted(journaled.calls.items()):
        if call.began.attempt == 0:
            continue  # it was not made, but given what another one had returned
        request = replay.request(ordinal, catalog)
        if call.ended is not None:
            records.append(record_of(request, call.ended.state, settled_of(call.ended), seconds=call.ended.seconds))
        elif not call.has_not_started:
            records.append(CallRecord(request=request, state='cancelled'))
    return records


async def _journaled(journals: Journals, key: CellKey) -> JournalState | None:
    try:
        return (await journals.peek(key)).state()
    except JournalError:
        return None
