"""Finds the state that a message history speaks of, opens it, and saves new ones. The only caller of a store.

Neither the history nor the store is trusted: `guarded.py` bounds what a store may do, `_cell/instructions.py` checks what it gives.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, Literal, TypeVar

from anyio.to_thread import run_sync

from ..errors import JournalError, SettingsError, SnapshotError, SnapshotMissing, StoreError
from ..stores.base import CellKey, ConversationKey, SnapshotRecord, Store
from .envelope import DEFAULT_MAX_DUMP_BYTES, Header, package_version, seal, snapshot_name
from .guarded_store import GuardedStore
from .keyring import Keyring
from .snapshot_opening import Opener, Wanted

T = TypeVar('T')

SEAL_IN_THREAD_BYTES: Final = 512 * 1024
OPEN_IN_THREAD_BYTES: Final = 64 * 1024
"""From these sizes of a dump and of a sealed snapshot on, the work is done in a thread. It would hold the event loop
for a millisecond and more: 20 MB of dicts take 50 ms to seal and 34 ms to open (2 cores, 2026-11-20)."""
_FORGET_EVERY: Final = 8


async def _never(_key: CellKey) -> bool:
    return False


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRef:
    """What the message history says of one cell."""

    cell_id: str
    code_digest: str
    conversation_id: str | None = None
    """The conversation its message was written in, which a fork keeps; `None` when the message does not say."""
    snapshot: str | None = None
    """The name of the state after it, if the history has that: the surest way to find it."""
    expects_state: bool | None = None
    """Whether the cell left a state; `None` when the history cannot tell. A `snapshot` means that it did."""
    seems_completed: bool = False
    """Whether its return, which may come from a client, reads as that of a cell that completed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A state in the store."""

    name: str
    header: Header
    size_bytes: int
    """Sealed and compressed, as stored."""
    retention_failure: StoreError | None = None
    """Why older states could not be forgotten when this one was saved; it was saved all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A state from the store, ready to be loaded."""

    saved: Saved
    dump: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositorySettings:
    """What a repository allows itself.

    Raises:
        SettingsError: When a number is not positive.
    """

    store_timeout_seconds: float = 10.0
    """For each single call of the store."""
    max_dump_bytes: int = DEFAULT_MAX_DUMP_BYTES
    """A state as Monty dumps it, before compression."""
    keep_newest: int | None = 200
    """About how many states a conversation keeps; older ones are forgotten as new ones come. `None` keeps all."""

    def __post_init__(self) -> None:
        for name in ('store_timeout_seconds', 'max_dump_bytes', 'keep_newest'):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise SettingsError(f'RepositorySettings.{name} must be greater than 0, got {value!r}.')


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotRepository:
    """Stateless: may be shared by runs, or made for each. Borrows its store and does not close it."""

    store: Store
    keyring: Keyring
    monty_version: str
    settings: RepositorySettings = RepositorySettings()
    left_state: Callable[[CellKey], Awaitable[bool]] = _never
    """Whether the journal of a cell says that it left a state."""
    clock: Callable[[], datetime] = utc_now

    async def find(
        self,
        refs: Sequence[CellRef],
        conversation: ConversationKey,
        *,
        is_compacted: bool = False,
        not_after: datetime | None = None,
    ) -> Found | None:
        """The state after the newest cell in a history, or `None` when its cells left none.

        A cell that left no state (it was refused) is passed over, and the one before it counts. When none is left that
        has one, in a history whose old parts were compacted away, the newest state of the conversation serves.

        Args:
            refs: The cells of the history, the newest first, without the one that is about to run.
            conversation: The conversation of this run, which may be a fork of that of the cells.
            is_compacted: Whether the history shows that cells were taken out of it. An id alone opens nothing.
            not_after: The time of the newest message before this run. In a compacted history it tells one that was
                rewound to before what it lost.

        Raises:
            SnapshotMissing: When a cell left a state that the store does not have.
            SnapshotError: When the state that was found must not be loaded; the subclass says why.
            StoreError: When the store raised; `StoreTimeout` when it did not answer in time.
        """
        without: list[CellRef] = []
        for ref in (ref for ref in refs if ref.expects_state is not False):
            found = await self._state_after(ref, refs, conversation)
            if found is not None:
                await self._refuse_older(without, refs, conversation)
                return found
            if ref.expects_state or ref.snapshot is not None:
                raise self._missing(ref)
            without.append(ref)
        record = await self._guarded.newest(conversation, not_after=not_after) if is_compacted else None
        # What such a return looks like proves nothing where there is nothing else: another tool may have given it.
        await self._refuse_older(without, refs, conversation, by_looks=record is not None)
        return await self._open(record, Wanted(**conversation._asdict()))

    async def _refuse_older(
        self,
        without: Sequence[CellRef],
        refs: Sequence[CellRef],
        conversation: ConversationKey,
        *,
        by_looks: bool = True,
    ) -> None:
        """An older state, the empty one too, serves only where the cells after it left none.

        Raises:
            SnapshotMissing: When one of them left one, or its journal does not open.
        """
        for ref in without:
            own = ref.conversation_id or conversation.conversation_id
            if not await self.may_open(own, refs, conversation):
                continue  # nothing is told of it, so it is as if it had never been
            key = ConversationKey(conversation.owner, own).cell(ref.cell_id, ref.code_digest)
            try:
                left_one = (by_looks and ref.seems_completed) or await self.left_state(key)
            except JournalError as error:
                raise self._missing(ref) from error
            if left_one:
                raise self._missing(ref)

    def _missing(self, ref: CellRef) -> SnapshotMissing:
        return SnapshotMissing(
            f'The history names the state after cell {ref.cell_id!r}, and {self.store!r} does not have it: '
            'it was forgotten to make room, deleted, or kept in another store.'
        )

    async def save(
        self,
        dump: bytes,
        *,
        conversation: ConversationKey,
        cell_id: str,
        code_digest: str,
        outcome: Literal['completed', 'failed'],
        parent: Saved | None = None,
        variables: Mapping[str, str] = MappingProxyType({}),
        history: str = '',
        feeds: int = 0,
        grants: str = '',
        reached_at: datetime | None = None,
    ) -> Saved:
        """Seal a state and store it, under the conversation of this run.

        Args:
            parent: The state the cell started from, as `find` or the last `save` gave it; `None` for an empty one.
            reached_at: When the cell ended, where that is not now; `not_after` of `find` is compared with it.

        Raises:
            SnapshotTooLarge: When it is over `max_dump_bytes`. Nothing was stored.
            StoreError: When the store raised; `StoreTimeout` when it did not answer in time. It may have been stored.
        """
        header = Header(
            **conversation._asdict(),
            cell_id=cell_id,
            code_digest=code_digest,
            outcome=outcome,
            parent=None if parent is None else parent.name,
            generation=0 if parent is None else parent.header.generation + 1,
            created_at=reached_at or self.clock(),
            package_version=package_version(),
            monty_version=self.monty_version,
            variables=variables,
            history=history,
            feeds=feeds,
            grants=grants,
            dump_size=len(dump),
        )
        cap = self.settings.max_dump_bytes
        record = await _off_loop(
            len(dump) >= SEAL_IN_THREAD_BYTES, lambda: _sealed_record(header, dump, self.keyring, cap)
        )
        await self._guarded.save(record)
        saved = Saved(name=record.name, header=header, size_bytes=len(record.data))
        try:
            await self._forget_old(header)
        except StoreError as error:
            return replace(saved, retention_failure=error)
        return saved

    @property
    def _guarded(self) -> GuardedStore:
        return GuardedStore(store=self.store, timeout_seconds=self.settings.store_timeout_seconds)

    async def may_open(self, conversation_id: str, refs: Sequence[CellRef], conversation: ConversationKey) -> bool:
        """Whether a history may lead to what another conversation has: where both have one owner, or where it has the name
        of a state of that one, which nobody can guess. The ids and the code of cells stand in every transcript.

        Args:
            conversation_id: The other one, as its messages name it.
            refs: The cells of the history, the newest first.
            conversation: The conversation of this run.

        Raises:
            StoreError: When the store failed.
        """
        if conversation.has_owner or conversation_id == conversation.conversation_id:
            return True
        named = (ref for ref in refs if ref.conversation_id == conversation_id and ref.snapshot is not None)
        newest = next(named, None)
        with suppress(SnapshotError):
            found = None if newest is None else await self._by_name(newest, conversation)
            return found is not None and found.saved.header.conversation_id == conversation_id
        return False

    async def _state_after(self, ref: CellRef, refs: Sequence[CellRef], conversation: ConversationKey) -> Found | None:
        """The state after one cell, by the surest that is known of it."""
        if ref.snapshot is not None:
            return await self._by_name(ref, conversation)
        own, owner = ref.conversation_id or conversation.conversation_id, conversation.owner
        if not await self.may_open(own, refs, conversation):
            return None
        wanted = Wanted(owner=owner, cell_id=ref.cell_id, code_digest=ref.code_digest)
        record = await self._guarded.find(ref.cell_id, ref.code_digest, owner=owner, conversation_id=own)
        if record is None and ref.conversation_id is None and conversation.has_owner:
            # The message does not say where it is from: perhaps another conversation, of which this is a fork.
            record = await self._guarded.find(ref.cell_id, ref.code_digest, owner=owner, conversation_id=None)
            return await self._open(record, wanted)
        return await self._open(record, replace(wanted, conversation_id=own))

    async def _by_name(self, ref: CellRef, conversation: ConversationKey) -> Found | None:
        assert ref.snapshot is not None
        record = await self._guarded.load(ref.snapshot, owner=conversation.owner)
        wanted = Wanted(owner=conversation.owner, cell_id=ref.cell_id, code_digest=ref.code_digest, name=ref.snapshot)
        return await self._open(record, wanted)

    async def _open(self, record: SnapshotRecord | None, wanted: Wanted) -> Found | None:
        if record is None:
            return None
        opener = Opener(
            keyring=self.keyring, monty_version=self.monty_version, max_dump_bytes=self.settings.max_dump_bytes
        )
        header, dump = await _off_loop(len(record.data) >= OPEN_IN_THREAD_BYTES, lambda: opener.open(record, wanted))
        return Found(saved=Saved(name=record.name, header=header, size_bytes=len(record.data)), dump=dump)

    async def _forget_old(self, header: Header) -> None:
        """Retention, asked for once in a few saves only: it costs about as much as a save."""
        keep = self.settings.keep_newest
        if keep is not None and header.generation >= keep and header.generation % _FORGET_EVERY == 0:
            await self._guarded.forget(ConversationKey(header.owner, header.conversation_id), keep_newest=keep)


def _sealed_record(header: Header, dump: bytes, keyring: Keyring, max_dump_bytes: int) -> SnapshotRecord:
    sealed = seal(header, dump, keyring, max_dump_bytes=max_dump_bytes)
    return SnapshotRecord(
        name=snapshot_name(sealed),
        owner=header.owner,
        conversation_id=header.conversation_id,
        cell_id=header.cell_id,
        code_digest=header.code_digest,
        parent=header.parent,
        created_at=header.created_at,
        data=sealed,
    )


async def _off_loop(is_long: bool, work: Callable[[], T]) -> T:
    return await run_sync(work) if is_long else work()
