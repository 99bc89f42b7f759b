"""A store behind a deadline: whatever it raises, or however long it takes, there is one clear outcome.

Stores are also written by others, and behind them are disks and networks. What they raise becomes a `StoreError` here
and nowhere else; cancellation passes untouched.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from anyio import move_on_after

from ..errors import StoreError, StoreTimeout
from ..stores.base import BegunCell, CellKey, Claim, ConversationKey, JournalRecord, SnapshotRecord, Store

T = TypeVar('T')


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardedStore:
    """The methods of `store` that repositories and journals use, each with `timeout_seconds`. Borrows the store. None of them can
    be asked without saying whose.

    Every method raises:
        StoreError: What the store raised, with what it was asked to do.
        StoreTimeout: When it did not answer in time. A save may have had its effect.
    """

    store: Store
    timeout_seconds: float

    async def save(self, record: SnapshotRecord) -> None:
        await self._ask('save', lambda: self.store.save(record))

    async def load(self, name: str, *, owner: str) -> SnapshotRecord | None:
        return self._record(await self._ask('load', lambda: self.store.load(name, owner=owner)))

    async def find(
        self, cell_id: str, code_digest: str, *, owner: str, conversation_id: str | None
    ) -> SnapshotRecord | None:
        return self._record(
            await self._ask(
                'find', lambda: self.store.find(cell_id, code_digest, owner=owner, conversation_id=conversation_id)
            )
        )

    async def newest(self, conversation: ConversationKey, *, not_after: datetime | None) -> SnapshotRecord | None:
        owner, id = conversation
        return self._record(await self._ask('find', lambda: self.store.newest(id, owner=owner, not_after=not_after)))

    async def forget(self, conversation: ConversationKey, *, keep_newest: int) -> int:
        owner, id = conversation
        return await self._ask(
            'forget', lambda: self.store.forget(owner=owner, conversation_id=id, keep_newest=keep_newest)
        )

    async def claim(self, key: CellKey, claim: Claim, *, now: datetime, instead_of: str | None = None) -> Claim:
        return await self._ask('claim', lambda: self.store.claim(key, claim, now=now, instead_of=instead_of))

    async def release(self, key: CellKey, *, holder: str) -> None:
        await self._ask('release', lambda: self.store.release(key, holder=holder))

    async def append(
        self, records: Sequence[JournalRecord], *, claim: Claim, now: datetime, release: bool = False
    ) -> None:
        """Not to be cancelled: left half-way, nobody would know which entries are there."""
        await self._ask(
            'append', lambda: self.store.append(records, claim=claim, now=now, release=release), shield=True
        )

    async def journal(self, key: CellKey) -> Sequence[JournalRecord]:
        return await self._ask('read', lambda: self.store.journal(key))

    async def begun(self, conversation: ConversationKey, *, after: datetime | None) -> Sequence[BegunCell]:
        owner, id = conversation
        return await self._ask('read', lambda: self.store.begun(id, owner=owner, after=after))

    def _record(self, given: object) -> SnapshotRecord | None:
        if given is None or (isinstance(given, SnapshotRecord) and isinstance(given.data, bytes)):  # pyright: ignore[reportUnnecessaryIsInstance]  # the store's word is not trusted
            return given
        raise StoreError(f'{self.store!r} gave back {type(given).__name__} where a SnapshotRecord of bytes belongs.')

    async def _ask(self, what: str, call: Callable[[], Awaitable[T]], *, shield: bool = False) -> T:
        with move_on_after(self.timeout_seconds, shield=shield):
            try:
                return await call()
            except StoreError:
                raise
            except Exception as error:
                raise StoreError(f'{self.store!r} failed to {what}: {type(error).__name__}: {error}') from error
        raise StoreTimeout(f'{self.store!r} did not {what} within {self.timeout_seconds:g} seconds.')
