"""Cells that a conversation has run and that its history does not have: their run died before the application had saved
its messages, or the history was taken back. What they did stays done, so the model is told, and calls are not repeated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ._catalog.catalog import Catalog
from ._run.past_calls import PastCalls
from ._run.records import record_of, settled_of
from ._sessions.claims import is_held
from ._sessions.journal import Journals
from ._sessions.reading import is_of_grants
from .calls import CallRecord
from .conversation import CellsInHistory
from .errors import JournalError
from .journal import Known
from .stores.base import CellKey

MOST: Final = 20
"""Cells that are looked at, the newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsavedCell:
    """A cell that the history does not have."""

    cell_id: str
    known: Known

    @property
    def is_cut_off(self) -> bool:
        """Whether it did not come to its end."""
        return self.known.ended is None

    def records(self, catalog: Catalog | None) -> list[CallRecord]:
        """How far its calls came."""
        past = PastCalls(cell_id=self.cell_id, known=self.known)
        records: list[CallRecord] = []
        for ordinal, call in sorted(self.known.calls.items()):
            request = past.request(ordinal, catalog)
            if call.ended is not None:
                records.append(record_of(request, call.ended.state, settled_of(call.ended), seconds=call.ended.seconds))
            elif not call.only_asked:
                records.append(CallRecord(request=request, state='cancelled'))
        return records


async def unsaved_cells(journals: Journals, cells: CellsInHistory, conversation_id: str) -> Sequence[UnsavedCell]:
    """The cells that began after the newest message of a history and are not in it, the newest first. Those that a process
    is running are its own business, and one whose journal cannot be opened tells nothing.

    Raises:
        StoreError: When the store failed.
    """
    if not journals.writes_calls:
        return ()
    begun = await journals.guarded.begun(conversation_id, after=cells.last_turn_at)
    keys = [
        cell.key
        for cell in begun[:MOST]
        if not (is_of_grants(cell.key) or cell.key.cell_id in cells.ids)
        and not (cell.claim is not None and is_held(cell.claim, journals.clock()))
    ]
    found = await asyncio.gather(*(_known(journals, key) for key in keys))
    return [
        UnsavedCell(cell_id=key.cell_id, known=known)
        for key, known in zip(keys, found, strict=True)
        if known is not None and known.calls
    ]


async def _known(journals: Journals, key: CellKey) -> Known | None:
    try:
        return (await journals.peek(key)).known()
    except JournalError:
        return None
