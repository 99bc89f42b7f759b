"""The journal of one cell in the store: sealed entry by entry, each bound to its place and to the one before it.

An entry that was changed, moved, left out or taken from another conversation does not fit its seal. One process at a
time has the claim to a journal; whoever lost it cannot write, so a process that was taken for dead does no harm.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import Final

from anyio import Event
from anyio.to_thread import run_sync

from .._state.guarded_store import GuardedStore
from .._state.keyring import Keyring
from .._state.repository import utc_now
from ..errors import JournalTampered, StoreError
from ..events.journal_entries import Began, CallBegan, CallEnded, CallWaits, Entry, JournalState
from ..stores.base import NO_OWNER, CellKey, JournalRecord, Store
from .cell_state import journal_state_of
from .claims import HeldClaim
from .entry_sealing import is_long, sealed, unsealed
from .reached import Place, Reached, reached_in, set_back

_IN_THREAD_ENTRIES: Final = 50
"""To write and seal one of usual size takes some 0.05 ms."""
BEHIND_SECONDS: Final = 0.003
"""How long the end of a call waits for the beginning of the next one, to be stored with it. Code that makes one call
after the other has its next one after 0.3 to 0.8 ms, so that each costs one transaction instead of two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Journals:
    """Opens the journals of cells. Borrows its store."""

    store: Store
    keyring: Keyring
    store_timeout_seconds: float
    writes_calls: bool
    """Whether entries are stored at once (`journal_writes='call'`) or at the end of the cell."""
    claim_seconds: float
    clock: Callable[[], datetime] = utc_now
    reached: Reached = field(init=False)
    """How far those had come that this process has seen."""

    def __post_init__(self) -> None:
        object.__setattr__(self, 'reached', reached_in(self.store))

    def new(self, key: CellKey) -> CellJournal:
        """The journal of a cell that cannot have one yet."""
        return CellJournal(journals=self, key=key)

    async def reopen(self, key: CellKey) -> CellJournal:
        """The journal of a cell that may have one, and the claim to it.

        Raises:
            StoreConflict: When a process that is alive has the claim.
            JournalTampered, JournalKeyUnknown: When an entry does not fit its seal.
            StoreError: When it could not be read.
        """
        journal = CellJournal(journals=self, key=key)
        await journal.take()
        try:
            await journal.load()
        except BaseException:
            await journal.aclose()
            raise
        return journal

    async def peek(self, key: CellKey) -> CellJournal:
        """A journal to read only.

        Raises:
            JournalError, StoreError: As `reopen`.
        """
        journal = CellJournal(journals=self, key=key)
        await journal.load()
        return journal

    async def has_state_after(self, key: CellKey) -> bool:
        """Whether the store has the state after a cell, which is only saved once its journal has its end."""
        found = await self.guarded.find(
            key.cell_id, key.code_digest, owner=key.owner, conversation_id=key.conversation_id
        )
        return found is not None

    async def left_state(self, key: CellKey) -> bool:
        """Whether a cell came to an end that leaves a state, as far as it has a journal: cells without calls have none.

        Raises:
            JournalError, StoreError: As `reopen`.
        """
        ended = (await self.peek(key)).state().ended
        if ended is None or ended.leaves_state is None:
            return ended is not None and ended.outcome == 'completed'
        return ended.leaves_state

    @property
    def guarded(self) -> GuardedStore:
        return GuardedStore(store=self.store, timeout_seconds=self.store_timeout_seconds)


@dataclass(kw_only=True)
class CellJournal:
    """Lifetime: a cell in one process. Give the claim back with `aclose`."""

    journals: Journals
    key: CellKey
    entries: list[Entry] = field(default_factory=list[Entry])
    """Those that are stored."""
    waited_seconds: float = 0.0
    """How long the cell has waited for its entries to be stored."""
    _claim: HeldClaim = field(init=False)
    _unstored: list[Entry] = field(default_factory=list[Entry])
    _began: Callable[[], Began] | None = None
    _storing: bool = False
    _stored: Event | None = None
    """Set when the transaction under way is through, if somebody waits for that."""
    _seal: bytes = b''
    _named: str = field(init=False)
    """Names the cell in what is sealed."""
    _soon: asyncio.TimerHandle | None = None
    """Runs out when entries are behind that no other stored meanwhile."""
    _behind: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        journals, self._named = self.journals, _named(self.key)
        self._claim = HeldClaim(
            store=journals.guarded, key=self.key, seconds=journals.claim_seconds, clock=journals.clock
        )

    def begin(self, began: Callable[[], Began]) -> None:
        """What the journal is to begin with, made when something is stored: most cells without calls store nothing."""
        self._began = began

    async def write(self, *entries: Entry) -> None:
        """As `Recorder` says."""
        self._unstored.extend(entries)
        if self.journals.writes_calls:
            await self._stored_in_time()

    async def finish(self, *entries: Entry) -> None:
        """Store the last entries, for now, and give the claim back with them.

        Raises:
            StoreError: As `store`.
        """
        self._unstored.extend(entries)
        await self._stored_in_time(release=True)

    def write_behind(self, *entries: Entry) -> None:
        """As `Recorder` says."""
        self._unstored.extend(entries)
        if self.journals.writes_calls and self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(BEHIND_SECONDS, self._catch_up)

    async def store(self, *, release: bool = False) -> None:
        """Store what is not stored yet. Several who ask at once share one transaction.

        Raises:
            StoreError: When it could not be stored; `StoreConflict` when another process was first.
        """
        while self._storing:
            self._stored = self._stored or Event()
            await self._stored.wait()
        if not self._unstored:
            return
        self._forget_timer()
        if self._began is not None:
            began, self._began = self._began(), None
            self._unstored.insert(0, began)
        self._storing = True
        try:
            entries, self._unstored = self._unstored, []
            try:
                in_thread = len(entries) > _IN_THREAD_ENTRIES or any(map(is_long, entries))
                sealing = partial(self._sealed, entries)
                records, seal = await run_sync(sealing) if in_thread else sealing()
                claim = self._claim.claim()
                self._claim.keep()  # from here on it may have been taken, however this ends
                await self._claim.store.append(records, claim=claim, now=self.journals.clock(), release=release)
            except BaseException:
                self._unstored[:0] = entries  # whoever else waits for one of them must not take it for stored
                raise
            self._seal = seal
            self.entries += entries
            self.journals.reached.wrote(self.key, Place(len(self.entries), seal))
            if release:
                self._claim.drop()
        finally:
            self._storing = False
            if self._stored is not None:
                self._stored, stored = None, self._stored
                stored.set()

    async def _stored_in_time(self, *, release: bool = False) -> None:
        started = perf_counter()
        try:
            await self.store(release=release)
        finally:
            self.waited_seconds += perf_counter() - started

    async def take(self) -> None:
        """Take the claim to it.

        Raises:
            StoreConflict: When a process that is alive has it.
        """
        await self._claim.take(f'Cell {self.key.cell_id!r}')

    async def aclose(self) -> None:
        """Store what is behind, and give the claim back. Where the store fails at this, it ends by itself."""
        try:
            await self._close()
        finally:  # also where a cancellation comes in between: a claim that is prolonged by nobody's will never ends
            await self._claim.aclose()

    async def _close(self) -> None:
        self._forget_timer()
        settled = {entry.ordinal for entry in self._unstored if isinstance(entry, (CallEnded, CallWaits))}
        if settled and self.journals.writes_calls:
            # Not those that were to begin and did not, for the cell was cancelled.
            self._unstored = [
                entry for entry in self._unstored if not isinstance(entry, CallBegan) or entry.ordinal in settled
            ]
            await self._stored_behind()
        if self._behind is not None:
            await self._behind  # what it stores takes the claim once more

    async def load(self) -> None:
        """Take in what the store has now.

        Raises:
            JournalTampered, JournalKeyUnknown: As `read`.
            StoreError: When it could not be read.
        """
        before = self.journals.reached.of(self.key)  # not what somebody writes meanwhile
        self.read(await self.journals.guarded.journal(self.key), before=before)

    def read(self, records: Sequence[JournalRecord], *, before: Place | None = None) -> None:
        """Take in what a store had.

        Args:
            records: All of the journal.
            before: How far it had come before that was read.

        Raises:
            JournalTampered: When an entry does not fit its seal, its number or its place, or when it had come further.
            JournalKeyUnknown: When one was sealed with a key that we have not.
        """
        self.entries, self._seal = [], b''
        if records and before is not None and len(records) < before.entries:
            raise set_back(self.key, before, there=len(records))
        for number, record in enumerate(records):
            if record.number != number or record.key != self.key:
                raise JournalTampered(f'Entry {number} of the journal of cell {self.key.cell_id!r} is missing.')
            place = self._place(number, self._seal)
            entry, self._seal = unsealed(record.data, place, self.journals.keyring, cell_id=self.key.cell_id)
            self.entries.append(entry)
            if before is not None and before.entries == number + 1 and before.seal != self._seal:
                raise set_back(self.key, before, there=None)
        if self.entries:
            self.journals.reached.saw(self.key, Place(len(self.entries), self._seal))

    def copy_from(self, other: CellJournal) -> None:
        """Take over the journal of the cell that this one is a fork of; stored with the next entry."""
        self._unstored.extend(other.entries)

    @property
    def all_entries(self) -> Sequence[Entry]:
        """Also those that are not stored yet."""
        return [*self.entries, *self._unstored]

    def state(self) -> JournalState:
        """What it says of the cell.

        Raises:
            JournalTampered: When its entries come in an order in which no cell writes them.
        """
        begins_at = None if self._began is None else len(self.entries)
        return journal_state_of(self.all_entries, cell_id=self.key.cell_id, begins_at=begins_at)

    def _catch_up(self) -> None:
        self._soon = None
        self._behind = asyncio.create_task(self._stored_behind())

    async def _stored_behind(self) -> None:
        with suppress(StoreError):  # they stay unstored, and whoever writes next is told
            await self.store()

    def _forget_timer(self) -> None:
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None

    def _sealed(self, entries: Sequence[Entry]) -> tuple[list[JournalRecord], bytes]:
        records: list[JournalRecord] = []
        seal, now = self._seal, self.journals.clock()
        for number, entry in enumerate(entries, start=len(self.entries)):
            data, seal = sealed(entry, self._place(number, seal), self.journals.keyring)
            records.append(JournalRecord(key=self.key, number=number, written_at=now, data=data))
        return records, seal

    def _place(self, number: int, previous: bytes) -> bytes:
        return f'{self._named}{number}/{previous.hex()}'.encode()


def _named(key: CellKey) -> str:
    """A cell without an owner is named as before there were any, so that what was sealed then still opens; no list of three
    is one of four."""
    return json.dumps(key[1:] if key.owner == NO_OWNER else key)
