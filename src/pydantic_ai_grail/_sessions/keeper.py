"""Finds the state that a message history speaks of, opens it, and saves new ones. The only caller of a store.

What a store gives back is not trusted, and a store may raise or hang: every call has a deadline, every exception
becomes one of ours, and a record is opened only if its seal and its header say that it is what was looked for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, Literal, TypeVar

from anyio import move_on_after
from anyio.to_thread import run_sync

from ..errors import (
    SettingsError,
    SnapshotForeign,
    SnapshotMissing,
    SnapshotTampered,
    SnapshotVersion,
    StoreError,
    StoreTimeout,
)
from ..stores.base import SnapshotRecord, Store
from .envelope import DEFAULT_MAX_DUMP_BYTES, Header, open_sealed, package_version, seal, snapshot_name
from .keyring import Keyring

T = TypeVar('T')

THREAD_BYTES: Final = 256 * 1024
"""From this size on, sealing and opening happen in a thread: they would hold the event loop for over 2 ms."""
_FORGET_EVERY: Final = 8


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
class KeeperSettings:
    """What a keeper allows itself.

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
                raise SettingsError(f'KeeperSettings.{name} must be greater than 0, got {value!r}.')


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """Stateless: may be shared by runs, or made anew for each. Borrows its store and does not close it."""

    store: Store
    keyring: Keyring
    monty_version: str
    settings: KeeperSettings = KeeperSettings()
    clock: Callable[[], datetime] = utc_now

    async def find(
        self, refs: Sequence[CellRef], conversation_id: str, *, not_after: datetime | None = None
    ) -> Found | None:
        """The state after the newest cell in a history, or `None` when its cells left none.

        A cell that left no state (it was refused) is passed over, and the one before it counts. When no cell is left
        that could have left one, as in a history whose old parts were compacted away, the newest state of the
        conversation serves.

        Args:
            refs: The cells of the history, the newest first, without the one that is about to run.
            conversation_id: The conversation of this run, which may be a fork of that of the cells.
            not_after: The time of the newest message before this run. Without cells to go by it tells a history that
                was rewound to before its first cell (nothing may be found) from a compacted one.

        Raises:
            SnapshotMissing: When a cell left a state that the store does not have.
            SnapshotError: When the state that was found must not be loaded; the subclass says why.
            StoreError: When the store raised; `StoreTimeout` when it did not answer in time.
        """
        candidates = [ref for ref in refs if ref.expects_state is not False]
        for ref in candidates:
            record = await self._lookup(ref, conversation_id)
            if record is not None:
                return await self._open(record, ref)
            if ref.expects_state or ref.snapshot is not None:
                raise SnapshotMissing(
                    f'The history names the state after cell {ref.cell_id!r}, and {self.store!r} does not have it: '
                    'it was forgotten to make room, deleted, or kept in another store.'
                )
        if candidates:
            return None
        record = await self._ask('newest', lambda: self.store.newest(conversation_id, not_after=not_after))
        return None if record is None else await self._open(record, None)

    async def save(
        self,
        dump: bytes,
        *,
        conversation_id: str,
        cell_id: str,
        code_digest: str,
        outcome: Literal['completed', 'failed'],
        parent: Saved | None = None,
        variables: Mapping[str, str] = MappingProxyType({}),
        history: str = '',
        feeds: int = 0,
    ) -> Saved:
        """Seal a state and store it, under the conversation of this run.

        Args:
            parent: The state the cell started from, as `find` or the last `save` gave it; `None` for an empty one.

        Raises:
            SnapshotTooLarge: When it is over `max_dump_bytes`. Nothing was stored.
            StoreError: When the store raised; `StoreTimeout` when it did not answer in time. It may have been stored.
        """
        header = Header(
            conversation_id=conversation_id,
            cell_id=cell_id,
            code_digest=code_digest,
            outcome=outcome,
            parent=None if parent is None else parent.name,
            generation=0 if parent is None else parent.header.generation + 1,
            created_at=self.clock(),
            package_version=package_version(),
            monty_version=self.monty_version,
            variables=variables,
            history=history,
            feeds=feeds,
            dump_size=len(dump),
        )
        cap = self.settings.max_dump_bytes
        record = await _off_loop(len(dump), lambda: _sealed_record(header, dump, self.keyring, cap))
        await self._ask('save', lambda: self.store.save(record))
        saved = Saved(name=record.name, header=header, size_bytes=len(record.data))
        try:
            await self._forget_old(header)
        except StoreError as error:
            return replace(saved, retention_failure=error)
        return saved

    async def _lookup(self, ref: CellRef, conversation_id: str) -> SnapshotRecord | None:
        if ref.snapshot is not None:
            name = ref.snapshot
            return await self._ask('load', lambda: self.store.load(name))
        own = ref.conversation_id or conversation_id
        record = await self._find(ref, own)
        if record is None and ref.conversation_id is None:
            # The message does not say where it is from: perhaps another conversation, of which this is a fork.
            record = await self._find(ref, None)
        return record

    async def _find(self, ref: CellRef, conversation_id: str | None) -> SnapshotRecord | None:
        return await self._ask(
            'find', lambda: self.store.find(ref.cell_id, ref.code_digest, conversation_id=conversation_id)
        )

    async def _open(self, record: SnapshotRecord, ref: CellRef | None) -> Found:
        """Open what the store gave, if it is what was asked for."""
        header, dump = await _off_loop(len(record.data), lambda: self._unsealed(record))
        kept_as = (record.conversation_id, record.cell_id, record.code_digest)
        if (header.conversation_id, header.cell_id, header.code_digest) != kept_as:
            raise SnapshotForeign(
                f'Snapshot {record.name!r} was sealed for cell {header.cell_id!r} of conversation '
                f'{header.conversation_id!r}; it was found under cell {record.cell_id!r} of {record.conversation_id!r}.'
            )
        if ref is not None and (header.cell_id, header.code_digest) != (ref.cell_id, ref.code_digest):
            raise SnapshotForeign(
                f'Snapshot {record.name!r} is the state after cell {header.cell_id!r}, not after {ref.cell_id!r} with '
                'the code that stands in the history.'
            )
        if header.monty_version != self.monty_version:
            raise SnapshotVersion(
                f'Snapshot {record.name!r} was written by Monty {header.monty_version}; this is Monty '
                f'{self.monty_version}, which cannot read it.'
            )
        return Found(saved=Saved(name=record.name, header=header, size_bytes=len(record.data)), dump=dump)

    def _unsealed(self, record: SnapshotRecord) -> tuple[Header, bytes]:
        opened = open_sealed(record.data, self.keyring, max_dump_bytes=self.settings.max_dump_bytes)
        if snapshot_name(record.data) != record.name:
            raise SnapshotTampered(f'Snapshot {record.name!r} holds another snapshot than the one of that name.')
        return opened

    async def _forget_old(self, header: Header) -> None:
        """Retention, asked for once in a few saves only: it costs about as much as a save."""
        keep = self.settings.keep_newest
        if keep is not None and header.generation >= keep and header.generation % _FORGET_EVERY == 0:
            chosen = header.conversation_id
            await self._ask('forget', lambda: self.store.forget(conversation_id=chosen, keep_newest=keep))

    async def _ask(self, method: str, call: Callable[[], Awaitable[T]]) -> T:
        """Await a store's answer within the deadline, whatever it raises as a `StoreError`."""
        seconds = self.settings.store_timeout_seconds
        with move_on_after(seconds) as deadline:
            try:
                return await call()
            except StoreError:
                raise
            except Exception as error:
                raise StoreError(f'{self.store!r} failed to {method}: {type(error).__name__}: {error}') from error
        assert deadline.cancelled_caught
        raise StoreTimeout(f'{self.store!r} did not {method} within {seconds} seconds.')


def _sealed_record(header: Header, dump: bytes, keyring: Keyring, max_dump_bytes: int) -> SnapshotRecord:
    sealed = seal(header, dump, keyring, max_dump_bytes=max_dump_bytes)
    return SnapshotRecord(
        name=snapshot_name(sealed),
        conversation_id=header.conversation_id,
        cell_id=header.cell_id,
        code_digest=header.code_digest,
        parent=header.parent,
        created_at=header.created_at,
        data=sealed,
    )


async def _off_loop(size_bytes: int, work: Callable[[], T]) -> T:
    return work() if size_bytes < THREAD_BYTES else await run_sync(work)
