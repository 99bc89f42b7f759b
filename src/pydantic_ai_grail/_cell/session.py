"""One conversation's interpreter during one run: which state the next cell starts from, and a worker that has it.

Lifetime: one agent run, one cell at a time. Between cells it holds no worker, only the last dump; but while the state is
larger than `HOLD_BYTES`, so that reading and writing it after every cell would cost more than it saves, the worker is
kept until `aclose`, and the state is saved then.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal, NamedTuple

from .._journal.grants import Grants
from .._monty.worker import Worker
from .._state.repository import CellRef, Found, Saved, SnapshotRepository
from .._state.variables import live_variables
from ..errors import SandboxCrashed, SnapshotTooLarge, StoreError
from ..stores.base import ConversationKey

HOLD_BYTES: Final = 2 * 1024 * 1024
"""From this size on a dump costs some 20 ms to write and 40 ms to load (Monty 1.4), each time."""

LendWorker = Callable[[], AbstractAsyncContextManager[Worker]]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a cell starts from, or leaves."""

    cell_id: str | None = None
    """The cell that left it; `None` for the empty state."""
    saved: Saved | None = None
    """Its snapshot, or that of the newest state before it that has one."""
    dump: bytes | None = field(default=None, repr=False)
    """`None` for the empty state, and for one that only the held worker has."""
    feeds: int = 0
    history: str = ''
    variables: Mapping[str, str] = field(default_factory=dict[str, str])


EMPTY: Final = State()


@dataclass(kw_only=True)
class Session:
    """The interpreter of a conversation in this run. Closed by whoever made it, with `aclose`."""

    conversation: ConversationKey
    repository: SnapshotRepository
    grants: Grants
    restored: bool = False
    """Whether the state at hand came from the store; whoever tells of it sets it back."""
    _may_open: dict[str, bool] = field(default_factory=dict[str, bool])
    """Of other conversations that the history names, once that was looked at."""
    _newest: str | None = None
    """The newest cell of the history that the state at hand was located for."""
    _state: State = EMPTY
    _is_new: bool = False
    """Whether the store was asked for a state of the conversation, and had none."""
    _held: Worker | None = None
    _holding: AsyncExitStack = field(default_factory=AsyncExitStack)
    _unsaved: Unsaved | None = None
    _lost: str | None = None
    """The cell whose state was looked for and could not be had, so that it is told once."""
    _stateless: set[str] = field(default_factory=set[str])
    """Cells of this run that left no state: refused, or their sandbox was lost."""

    async def locate(self, refs: Sequence[CellRef], *, is_compacted: bool, not_after: datetime | None) -> State:
        """The state after the newest of these cells: the one at hand if it is that, else from the store.

        Raises:
            SnapshotError: When the history speaks of a state that cannot be had.
            StoreError: When the store raised or did not answer.
        """
        refs = [ref for ref in refs if ref.cell_id not in self._stateless]
        newest = refs[0].cell_id if refs else self._state.cell_id
        if newest is not None and newest in (self._state.cell_id, self._newest):
            return self._state
        if newest is None and self._is_new:
            return self._state
        await self._let_go()
        self._lost = newest
        found = await self.repository.find(refs, self.conversation, is_compacted=is_compacted, not_after=not_after)
        self._lost = None
        self._state, self._newest = EMPTY if found is None else _state_of(found), newest
        if found is not None and found.saved.header.conversation_id == self.conversation.conversation_id:
            self.grants.reaches(found.saved.header.grants)
        self._is_new = newest is None and found is None
        self.restored = found is not None
        return self._state

    async def may_open(self, conversation_id: str | None, refs: Sequence[CellRef]) -> bool:
        """Whether the history may lead to what another conversation has, as `SnapshotRepository.may_open` says.

        Raises:
            StoreError: When the store failed.
        """
        if conversation_id is None:
            return True  # it is this one's
        if conversation_id not in self._may_open:
            self._may_open[conversation_id] = await self.repository.may_open(conversation_id, refs, self.conversation)
        return self._may_open[conversation_id]

    @property
    def unsaved_cell(self) -> str | None:
        """The cell whose state the store does not have, if there is one."""
        return None if self._unsaved is None else self._unsaved.cell.cell_id

    @property
    def is_held(self) -> bool:
        """Whether a held worker has the state at hand."""
        return self._held is not None

    def note_stateless(self, cell_id: str) -> None:
        """Remember that a cell left nothing, so that the one before it counts."""
        self._stateless.add(cell_id)

    async def start_over(self) -> State:
        """Forget all variables; the next cell starts empty."""
        await self._let_go()
        self._state, self._newest = EMPTY, self._lost
        return self._state

    @asynccontextmanager
    async def worker(self, lend: LendWorker, *, loaded: bool = True) -> AsyncGenerator[Worker]:
        """A worker that has the current state; an empty one, if it is not to be `loaded`.

        Raises:
            SnapshotVersionMismatch: When Monty cannot read the state.
            SnapshotTooLarge: When two workers died over it: it fits into a sandbox no more.
            SandboxError: When no worker could be had.
        """
        if self._held is not None:
            yield self._held
            return
        async with AsyncExitStack() as stack:
            worker = await stack.enter_async_context(lend())
            if loaded and self._state.dump is not None:
                try:
                    await worker.load(self._state.dump, feeds=self._state.feeds)
                except SandboxCrashed as error:
                    raise SnapshotTooLarge(f'The state is too large to be taken up: {error}') from error
            yield worker
            if self._is_held(worker):
                self._holding = stack.pop_all()

    async def keep(self, worker: Worker, cell: SavedCell) -> Saved | None:
        """Save the state after a cell. `None` when it is large and waits for the end of the run.

        Raises:
            SandboxCrashed: When the worker died over the dump. The state before the cell is still the current one.
            SnapshotTooLarge: When the state is over the cap. It is the current one, in this run only.
            StoreError: When it could not be stored. It is the current one, and stays unsaved: see `save_unsaved`.
        """
        parent = self._state.saved
        reached = State(
            cell_id=cell.cell_id,
            saved=parent,
            feeds=worker.feeds,
            history=cell.history,
        )
        self._newest = None
        unsaved = Unsaved(cell, parent)
        if self._held is not None:
            self._state, self._unsaved = reached, unsaved
            return None
        dump = await worker.dump()
        self._state, self._unsaved = reached, unsaved
        if len(dump) > HOLD_BYTES:
            self._held = worker
            return None
        # The question for the variables stays in the worker, so one that is to run on is not asked.
        self._state = replace(reached, dump=dump, variables=await live_variables(worker, cell.names))
        return await self._save(dump, unsaved)

    async def save_unsaved(self) -> Saved | None:
        """Save the current state, if it is not: a held worker, which stays held, has it, or the store failed at it before.

        Raises:
            SandboxCrashed, SnapshotTooLarge, StoreError: As `keep`.
        """
        if self._unsaved is None:
            return None
        dump = self._state.dump if self._held is None else await self._dump_of(self._held)
        assert dump is not None, 'a state that nobody holds is at hand'
        return await self._save(dump, self._unsaved)

    @property
    def parent(self) -> str | None:
        """The cell whose state the next one starts from; `None` for the empty state."""
        return self._state.cell_id

    def _is_held(self, worker: Worker) -> bool:
        return self._held is worker

    async def drop_held(self) -> None:
        """Give up a held worker whose sandbox is lost, and with it every state that only it had."""
        if self._held is None:
            return
        self._held = self._unsaved = self._newest = None
        self._state = EMPTY
        await self._holding.aclose()

    async def aclose(self) -> Saved | None:
        """Save what is unsaved, and give a held worker back.

        Raises:
            SandboxCrashed, SnapshotTooLarge, StoreError: As `keep`; the worker was given back all the same.
        """
        try:
            if self._held is not None and self._unsaved is not None:
                dump = await self._dump_of(self._held)
                variables = await live_variables(self._held, self._unsaved.cell.names)
                self._state = replace(self._state, variables=variables)
                return await self._save(dump, self._unsaved)
            return await self.save_unsaved()
        finally:
            self._held = self._unsaved = None
            await self._holding.aclose()

    async def _dump_of(self, held: Worker) -> bytes:
        dump = await held.dump()
        self._state = replace(self._state, feeds=held.feeds)  # questions about it count, too
        return dump

    async def _let_go(self) -> None:
        if self._held is not None:
            await self.aclose()
        elif self._unsaved is not None:
            with suppress(StoreError):  # it was told when it failed first
                await self.aclose()

    async def _save(self, dump: bytes, unsaved: Unsaved) -> Saved:
        cell, parent = unsaved
        try:
            saved = await self.repository.save(
                dump,
                conversation=self.conversation,
                cell_id=cell.cell_id,
                code_digest=cell.code_digest,
                outcome=cell.outcome,
                parent=parent,
                variables=self._state.variables,
                history=cell.history,
                feeds=self._state.feeds,
                grants=self.grants.anchor,
                reached_at=cell.ended_at,
            )
        except SnapshotTooLarge:
            if self._held is None:
                self._unsaved = None  # it will be no smaller the next time
            raise
        self._state, self._unsaved = replace(self._state, saved=saved), None
        return saved


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedCell:
    """A cell that left a state."""

    cell_id: str
    code_digest: str
    outcome: Literal['completed', 'failed']
    history: str
    names: tuple[str, ...]
    """What may be a variable after it, the newest last."""
    ended_at: datetime


class Unsaved(NamedTuple):
    """A state that the store does not have: only a held worker has it, or the store failed."""

    cell: SavedCell
    parent: Saved | None


def _state_of(found: Found) -> State:
    header = found.saved.header
    return State(
        cell_id=header.cell_id,
        saved=found.saved,
        dump=found.dump,
        feeds=header.feeds,
        history=header.history,
        variables=header.variables,
    )
