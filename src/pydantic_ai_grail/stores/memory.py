"""A store in this process's memory, bounded so that a process that lives long does not grow.

The default store. It lives as long as the object and outlives event loops; nothing has to be opened or closed.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from types import TracebackType
from typing import Final, Self

from ..errors import SettingsError, StoreError
from .base import (
    ALL_OWNERS,
    NO_OWNER,
    AllOwners,
    BegunCell,
    CellKey,
    Claim,
    Contents,
    ConversationKey,
    ConversationSummary,
    JournalRecord,
    Reach,
    SnapshotRecord,
    check_forget,
)
from .memory_journals import MemoryJournals

DEFAULT_MAX_BYTES: Final = 64 * 1024 * 1024
RECORD_OVERHEAD_BYTES: Final = 1024
"""What a record costs beside its data: names, index entries, objects (measured with tracemalloc, CPython 3.11)."""


class MemoryStore:
    """Keeps snapshots and journals until the process ends or `max_bytes` are used.

    When there is no room, the conversation that was used longest ago is dropped whole, then the next; the last one
    left loses its oldest snapshots. A later turn of what was dropped is told that its state is gone.

    Args:
        max_bytes: Room for all snapshots together, with their overhead. 64 MiB hold some 30,000 small states.

    Raises:
        SettingsError: When `max_bytes` is not positive.
    """

    reach: Reach = 'process'
    path = None

    def __init__(self, *, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        if type(max_bytes) is not int or max_bytes <= 0:
            raise SettingsError(f'MemoryStore(max_bytes=...) must be a whole number greater than 0, got {max_bytes!r}.')
        self._max_bytes = max_bytes
        self._bytes = 0
        # Agents may run in several threads, each with its own loop. No method awaits while it holds the lock.
        self._lock = threading.Lock()
        self._journals = MemoryJournals()
        self._by_name: dict[str, SnapshotRecord] = {}
        self._conversations: OrderedDict[ConversationKey, list[SnapshotRecord]] = OrderedDict()
        """Records in the order of their age; conversations in the order of their last use."""
        self._holders: dict[tuple[str, str, str], set[str]] = {}
        """The conversations of an owner that a cell and its code are found in."""

    def __repr__(self) -> str:
        return f'MemoryStore(max_bytes={self._max_bytes})'

    async def save(self, record: SnapshotRecord) -> None:
        """Keep `record`.

        Raises:
            StoreError: When it alone is larger than the whole store may be.
        """
        size = _size(record)
        if size > self._max_bytes:
            raise StoreError(
                f'A snapshot of {len(record.data):,} bytes does not fit into {self!r}. Raise max_bytes, or use SqlStore.'
            )
        with self._lock:
            if record.name in self._by_name:
                return
            records = self._use(_conversation(record))
            position = len(records)
            while position and records[position - 1].created_at > record.created_at:
                position -= 1
            records.insert(position, record)
            self._by_name[record.name] = record
            self._holders.setdefault(_cell(record), set()).add(record.conversation_id)
            self._bytes += size
            self._make_room(saved=record)

    async def load(self, name: str, *, owner: str = NO_OWNER) -> SnapshotRecord | None:
        with self._lock:
            record = self._by_name.get(name)
            return self._used(record) if record is not None and record.owner == owner else None

    async def find(
        self, cell_id: str, code_digest: str, *, conversation_id: str | None, owner: str = NO_OWNER
    ) -> SnapshotRecord | None:
        cell = (owner, cell_id, code_digest)
        with self._lock:
            holders = self._holders.get(cell, set())
            if conversation_id is None and len(holders) == 1:
                (conversation_id,) = holders
            if conversation_id not in holders:
                return None
            records = reversed(self._conversations[ConversationKey(owner, conversation_id)])
            return self._used(next(record for record in records if _cell(record) == cell))

    async def newest(
        self, conversation_id: str, *, owner: str = NO_OWNER, not_after: datetime | None = None
    ) -> SnapshotRecord | None:
        with self._lock:
            for record in reversed(self._conversations.get(ConversationKey(owner, conversation_id), [])):
                if not_after is None or record.created_at <= not_after:
                    return self._used(record)
            return None

    async def forget(
        self,
        *,
        owner: str | AllOwners = NO_OWNER,
        conversation_id: str | None = None,
        older_than: datetime | None = None,
        keep_newest: int = 0,
        keep_names: Collection[str] = (),
    ) -> int:
        check_forget(owner=owner, conversation_id=conversation_id, older_than=older_than, keep_newest=keep_newest)
        with self._lock:
            chosen = [
                key
                for key in self._conversations
                if owner in (ALL_OWNERS, key.owner) and conversation_id in (None, key.conversation_id)
            ]
            dropped = [
                record
                for key in chosen
                for record in _all_but_last(self._conversations.get(key, []), keep_newest)
                if record.name not in keep_names and (older_than is None or record.created_at < older_than)
            ]
            for key in chosen:
                self._journals.forget(key, older_than=older_than, keep_newest=keep_newest)
                if not self._conversations.get(key, True) and not self._journals.has(key):
                    del self._conversations[key]
            if older_than is not None:
                self._journals.forget_claims(owner, conversation_id, ended_before=older_than)
            self._drop(dropped)
            return len(dropped)

    async def claim(self, key: CellKey, claim: Claim, *, now: datetime, instead_of: str | None = None) -> Claim:
        with self._lock:
            return self._journals.claim(key, claim, now=now, instead_of=instead_of)

    async def release(self, key: CellKey, *, holder: str) -> None:
        with self._lock:
            self._journals.release(key, holder=holder)

    async def append(
        self, records: Sequence[JournalRecord], *, claim: Claim, now: datetime, release: bool = False
    ) -> None:
        with self._lock:
            self._journals.append(records, claim, now=now)
            if release:
                self._journals.release(records[0].key, holder=claim.holder)
            self._use(records[0].key.conversation)
            self._make_room()

    async def journal(self, key: CellKey) -> Sequence[JournalRecord]:
        with self._lock:
            return self._journals.read(key)

    async def begun(
        self, conversation_id: str, *, owner: str = NO_OWNER, after: datetime | None = None
    ) -> Sequence[BegunCell]:
        with self._lock:
            return self._journals.begun(ConversationKey(owner, conversation_id), after=after)

    async def conversations(
        self, *, owner: str | AllOwners = NO_OWNER, limit: int = 100
    ) -> Sequence[ConversationSummary]:
        with self._lock:
            summaries = [self._summary(key) for key in self._conversations if owner in (ALL_OWNERS, key.owner)]
        newest_first = sorted(filter(None, summaries), key=lambda summary: summary.newest_at, reverse=True)
        return newest_first[:limit]

    async def contents(self, conversation_id: str, *, owner: str = NO_OWNER) -> Contents:
        key = ConversationKey(owner, conversation_id)
        with self._lock:
            return Contents(snapshots=[*self._conversations.get(key, [])], entries=self._journals.entries(key))

    def _summary(self, key: ConversationKey) -> ConversationSummary | None:
        snapshots, entries = self._conversations[key], self._journals.entries(key)
        times = [*(record.created_at for record in snapshots), *(entry.written_at for entry in entries)]
        if not times:
            return None
        return ConversationSummary(
            owner=key.owner,
            conversation_id=key.conversation_id,
            snapshots=len(snapshots),
            entries=len(entries),
            size_bytes=sum(len(record.data) for record in (*snapshots, *entries)),
            newest_at=max(times),
        )

    async def aclose(self) -> None:
        """Nothing to let go of: what is kept stays, also for the next event loop."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None, /
    ) -> None:
        await self.aclose()

    def _use(self, key: ConversationKey) -> list[SnapshotRecord]:
        """A conversation's records, marked as used just now."""
        records = self._conversations.setdefault(key, [])
        self._conversations.move_to_end(key)
        return records

    def _used(self, record: SnapshotRecord) -> SnapshotRecord:
        self._use(_conversation(record))
        return record

    def _make_room(self, *, saved: SnapshotRecord | None = None) -> None:
        while self._bytes + self._journals.size_bytes > self._max_bytes:
            key, oldest = next(iter(self._conversations.items()))
            if len(self._conversations) > 1:
                self._drop([*oldest])
                self._journals.forget(key)
                self._conversations.pop(key, None)
            elif spare := next((record for record in oldest if record is not saved), None):
                self._drop([spare])
            elif not self._journals.forget(key, keep_newest=1):
                return  # one waiting cell alone takes more than there is room for

    def _drop(self, records: list[SnapshotRecord]) -> None:
        for record in records:
            del self._by_name[record.name]
            self._bytes -= _size(record)
            key, cell = _conversation(record), _cell(record)
            kept = self._conversations[key]
            kept.remove(record)
            if not any(_cell(other) == cell for other in kept):
                self._holders[cell].discard(record.conversation_id)
                if not self._holders[cell]:
                    del self._holders[cell]
            if not kept and not self._journals.has(key):
                del self._conversations[key]


def _conversation(record: SnapshotRecord) -> ConversationKey:
    return ConversationKey(record.owner, record.conversation_id)


def _cell(record: SnapshotRecord) -> tuple[str, str, str]:
    return record.owner, record.cell_id, record.code_digest


def _size(record: SnapshotRecord) -> int:
    return len(record.data) + RECORD_OVERHEAD_BYTES


def _all_but_last(records: list[SnapshotRecord], count: int) -> Iterator[SnapshotRecord]:
    return iter(records[: len(records) - count] if len(records) > count else [])
