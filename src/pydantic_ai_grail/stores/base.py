"""The contract of a store: where sealed snapshots are kept and how they are found again.

A store moves bytes. It does not know what a snapshot holds, whether its seal is right, or what a tool is; it must not
open, change or judge the `data` of a record. Whoever opened a store closes it; everyone else borrows it. Snapshots are
written once; the journal of a cell grows while the cell runs, under a claim that one process has at a time.

Implementers run `pydantic_ai_grail.testing.store_contract.StoreContract` over theirs.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, NamedTuple, Protocol, Self, TypeAlias, runtime_checkable

LONGEST_AGE: Final = timedelta(days=36_525)
"""A hundred years; longer ago there were no clocks to go by."""

Reach: TypeAlias = Literal['process', 'machine', 'network']
"""Who can read what a store holds: this process, the processes of this machine, or whoever reaches a server."""
NO_OWNER: Final = ''
"""The owner of what agents without `CodeMode(owner=...)` keep. No other owner is called so."""


class AllOwners(Enum):
    """The type of `ALL_OWNERS`, which is no text, so that no owner can be called so, and none that is missing means it."""

    ALL_OWNERS = 'all owners'


ALL_OWNERS: Final = AllOwners.ALL_OWNERS
"""For operators: in place of an owner, where they list or forget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotRecord:
    """One sealed snapshot and what it is found by."""

    name: str
    """Named by its content, so equal names mean equal records."""
    owner: str
    """Whose conversation it is; `NO_OWNER` for nobody's in particular."""
    conversation_id: str
    cell_id: str
    code_digest: str
    """SHA-256 of the cell's source, in hex. Tool call ids may repeat; an id and its code hardly ever do."""
    parent: str | None
    """The snapshot the cell started from; may be in another conversation (a fork) and may be forgotten."""
    created_at: datetime
    """With a time zone. Stores keep the instant, to the microsecond, not the zone."""
    data: bytes = field(repr=False)


class CellKey(NamedTuple):
    """A cell in a conversation of an owner. A fork in another conversation has a key, and a journal, of its own."""

    owner: str
    conversation_id: str
    cell_id: str
    code_digest: str

    @property
    def conversation(self) -> ConversationKey:
        """The conversation it is in."""
        return ConversationKey(self.owner, self.conversation_id)

    @property
    def scope(self) -> str:
        """Tells its calls from those of cells with the same id, for idempotency keys."""
        if self.owner == NO_OWNER:
            return f'{self.conversation_id}/{self.code_digest}'
        return json.dumps([self.owner, self.conversation_id, self.code_digest])


class ConversationKey(NamedTuple):
    """A conversation of an owner. Two owners may have conversations of the same id."""

    owner: str
    conversation_id: str

    @property
    def has_owner(self) -> bool:
        """Whether it is somebody's in particular."""
        return self.owner != NO_OWNER

    def cell(self, cell_id: str, code_digest: str) -> CellKey:
        """The key of one of its cells."""
        return CellKey(self.owner, self.conversation_id, cell_id, code_digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRecord:
    """One sealed entry of a cell's journal."""

    key: CellKey
    number: int
    """Counts the entries of a journal from 0, without gaps."""
    written_at: datetime
    """With a time zone, as `SnapshotRecord.created_at`."""
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who may write a cell's journal."""

    holder: str
    """The process, or whatever else has it."""
    until: datetime
    """With a time zone. From then on another may take it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunCell:
    """A cell that has a journal."""

    key: CellKey
    at: datetime
    """When the first entry was written."""
    claim: Claim | None
    """Who has, or had last and did not give back, the claim to the journal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationSummary:
    """What a store has of a conversation."""

    owner: str
    conversation_id: str
    snapshots: int
    entries: int
    """Of all journals."""
    size_bytes: int
    """Of the data of snapshots and entries."""
    newest_at: datetime
    """When the newest of them was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """All that a store has of a conversation."""

    snapshots: Sequence[SnapshotRecord]
    """The oldest first."""
    entries: Sequence[JournalRecord]
    """Journal by journal, in the order of the numbers."""


@runtime_checkable
class Store(Protocol):
    """Snapshots, journals and the claims to them, and a lifetime.

    *Newest* always means: by `created_at`, and among equal times the one that was saved last. Methods may be called
    concurrently, from several event loops one after the other, and from several processes if `reach` goes beyond one.
    What belongs to one owner is never given, counted or changed where another is asked for, also where conversations,
    cells and their code have the same ids. Without `owner` it is that of nobody in particular, `NO_OWNER`.
    Any exception is allowed; the caller turns what is no `StoreError` into one. A cancelled call may or may not have
    had its effect, and leaves the store usable.
    """

    @property
    def reach(self) -> Reach:
        """Decides what a missing secret means: see `CodeMode(secret=...)`."""
        ...

    @property
    def path(self) -> Path | None:
        """The file the store lives in, if it is one file: a key may be kept beside it."""
        ...

    async def save(self, record: SnapshotRecord) -> None:
        """Keep `record`. Once this returns, the record outlives the process wherever `reach` says so.

        Saving a name that is already there changes nothing and is no error.
        """
        ...

    async def load(self, name: str, *, owner: str = NO_OWNER) -> SnapshotRecord | None:
        """The owner's record of this name, or `None` when there is none (any more)."""
        ...

    async def find(
        self, cell_id: str, code_digest: str, *, conversation_id: str | None, owner: str = NO_OWNER
    ) -> SnapshotRecord | None:
        """The newest record of a cell, or `None`.

        With `conversation_id=None`, of whichever conversation of the owner's it is in; `None` if it is in more than one,
        since then it cannot be told which is meant and one conversation must never be given the state of another.
        """
        ...

    async def newest(
        self, conversation_id: str, *, owner: str = NO_OWNER, not_after: datetime | None = None
    ) -> SnapshotRecord | None:
        """The newest record of a conversation, or `None`; with `not_after`, of those created then or before."""
        ...

    async def forget(
        self,
        *,
        owner: str | AllOwners = NO_OWNER,
        conversation_id: str | None = None,
        older_than: datetime | None = None,
        keep_newest: int = 0,
        keep_names: Collection[str] = (),
    ) -> int:
        """Delete what no history needs any more, and return how many snapshots that were.

        What is given narrows: of the owner's records, or of all with `ALL_OWNERS`, those of `conversation_id`, created before `older_than`, that are not
        among the `keep_newest` of their conversation, nor named in `keep_names`. Of journals, those go that got their
        newest entry before `older_than` and are not among the `keep_newest` newest of their conversation; with a journal
        goes the claim to it. Claims also go when they ended before `older_than`.

        A store cannot tell a cell that waits or died from one that is done, so their journals go like any other: a waiting
        cell can then not be resumed, and one that died is run from its beginning. `pydantic_ai_grail.admin.delete_expired` looks first.

        Raises:
            ValueError: When neither a conversation nor a time is given, a conversation of all owners is, or `keep_newest`
                is negative.
        """
        ...

    async def claim(self, key: CellKey, claim: Claim, *, now: datetime, instead_of: str | None = None) -> Claim:
        """Take or prolong the claim to a cell's journal, and return the one that holds then.

        It is taken if nobody has it, its holder is the same, it ended before `now`, or its holder is `instead_of`. In one
        step: of several who try, one gets it.
        """
        ...

    async def release(self, key: CellKey, *, holder: str) -> None:
        """Give a claim back. Does nothing if `holder` does not have it."""
        ...

    async def append(
        self, records: Sequence[JournalRecord], *, claim: Claim, now: datetime, release: bool = False
    ) -> None:
        """Add entries to one cell's journal, under `claim`: all of them, or none.

        The claim is taken or prolonged as by `claim`, or left as it is if its holder has it for longer already, and given
        back after the last entry if `release`. Once this returns, the entries outlive the process wherever `reach` says
        so.

        Raises:
            StoreConflict: When another has the claim, or these are not the next numbers: an entry is there already, or one
                before them is not there (any more).
        """
        ...

    async def journal(self, key: CellKey) -> Sequence[JournalRecord]:
        """A cell's journal, in the order of the numbers; empty when there is none (any more)."""
        ...

    async def begun(
        self, conversation_id: str, *, owner: str = NO_OWNER, after: datetime | None = None
    ) -> Sequence[BegunCell]:
        """The cells of a conversation that have a journal, the newest first; with `after`, those that began after then."""
        ...

    async def conversations(
        self, *, owner: str | AllOwners = NO_OWNER, limit: int = 100
    ) -> Sequence[ConversationSummary]:
        """The conversations that were written to last, the newest first."""
        ...

    async def contents(self, conversation_id: str, *, owner: str = NO_OWNER) -> Contents:
        """All of a conversation; empty when there is nothing (any more)."""
        ...

    async def aclose(self) -> None:
        """Let go of connections, threads and files. May be called twice; the next use opens the store again."""
        ...

    async def __aenter__(self) -> Self:
        """Open the store now rather than on first use, so that what cannot work fails here."""
        ...

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None, /
    ) -> None:
        """Close it, as `aclose` does."""
        ...


def check_forget(
    *, owner: str | AllOwners, conversation_id: str | None, older_than: datetime | None, keep_newest: int
) -> None:
    """Raise the `ValueError` that `Store.forget` promises, for implementers."""
    if conversation_id is not None and owner is ALL_OWNERS:
        raise ValueError('forget(conversation_id=...) needs the owner of the conversation, not ALL_OWNERS.')
    if conversation_id is None and older_than is None:
        raise ValueError('forget() needs a conversation_id or an older_than; it does not delete everything.')
    if keep_newest < 0:
        raise ValueError(f'forget(keep_newest=...) must not be negative, got {keep_newest!r}.')
