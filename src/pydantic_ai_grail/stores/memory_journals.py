"""Journals and claims in memory, for `MemoryStore`, which holds a lock around every call and bounds the size."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ..errors import StoreConflict
from .base import ALL_OWNERS, AllOwners, BegunCell, CellKey, Claim, ConversationKey, JournalRecord

ENTRY_OVERHEAD_BYTES: Final = 512
"""What an entry costs beside its data."""


class MemoryJournals:
    """The journals of all conversations. No method awaits."""

    def __init__(self) -> None:
        self.size_bytes = 0
        """Of all entries, with their overhead."""
        self._conversations: dict[ConversationKey, dict[CellKey, list[JournalRecord]]] = {}
        self._claims: dict[CellKey, Claim] = {}

    def has(self, conversation: ConversationKey) -> bool:
        return conversation in self._conversations

    def claim(self, key: CellKey, claim: Claim, *, now: datetime, instead_of: str | None = None) -> Claim:
        held = self._claims.get(key)
        if held is None or held.holder in (claim.holder, instead_of) or held.until <= now:
            self._claims[key] = held = claim
        return held

    def release(self, key: CellKey, *, holder: str) -> None:
        held = self._claims.get(key)
        if held is not None and held.holder == holder:
            del self._claims[key]

    def append(self, records: Sequence[JournalRecord], claim: Claim, *, now: datetime) -> None:
        key = records[0].key
        journal = self._conversations.get(key.conversation, {}).get(key, [])
        if [record.number for record in records] != list(range(len(journal), len(journal) + len(records))):
            raise StoreConflict(
                f'Another run has written on in the journal of cell {key.cell_id!r}, or it was forgotten.'
            )
        held = self.claim(key, claim, now=now)
        if held.holder != claim.holder:
            raise StoreConflict(f'Cell {key.cell_id!r} is run by {held.holder}, until {held.until:%H:%M:%S} at least.')
        self._conversations.setdefault(key.conversation, {}).setdefault(key, []).extend(records)
        self.size_bytes += sum(map(_size, records))

    def read(self, key: CellKey) -> Sequence[JournalRecord]:
        return [*self._conversations.get(key.conversation, {}).get(key, [])]

    def begun(self, conversation: ConversationKey, *, after: datetime | None) -> list[BegunCell]:
        """The cells of a conversation that have a journal, the newest first."""
        found = [
            BegunCell(key=key, at=records[0].written_at, claim=self._claims.get(key))
            for key, records in self._conversations.get(conversation, {}).items()
        ]
        later = [cell for cell in found if after is None or cell.at > after]
        return sorted(later, key=lambda cell: (cell.at, cell.key), reverse=True)

    def entries(self, conversation: ConversationKey) -> list[JournalRecord]:
        """All entries of a conversation, journal by journal."""
        journals = self._conversations.get(conversation, {})
        return [record for key in sorted(journals) for record in journals[key]]

    def forget(self, conversation: ConversationKey, *, older_than: datetime | None = None, keep_newest: int = 0) -> int:
        """Drop all journals of a conversation but those that are spared, and return how many that were."""
        journals = self._conversations.get(conversation, {})
        newest_first = sorted(journals, key=lambda key: journals[key][-1].written_at, reverse=True)
        gone = [
            key for key in newest_first[keep_newest:] if older_than is None or journals[key][-1].written_at < older_than
        ]
        for key in gone:
            self.size_bytes -= sum(map(_size, journals.pop(key)))
            self._claims.pop(key, None)
        if not journals:
            self._conversations.pop(conversation, None)
        return len(gone)

    def forget_claims(self, owner: str | AllOwners, conversation_id: str | None, *, ended_before: datetime) -> None:
        """Drop claims that ended, of one conversation or of all."""
        for key, claim in [*self._claims.items()]:
            is_chosen = owner in (ALL_OWNERS, key.owner) and conversation_id in (None, key.conversation_id)
            if claim.until < ended_before and is_chosen:
                del self._claims[key]


def _size(record: JournalRecord) -> int:
    return len(record.data) + ENTRY_OVERHEAD_BYTES
