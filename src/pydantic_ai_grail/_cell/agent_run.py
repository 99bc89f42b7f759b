"""What one agent run has of its own: the session, the count of failures, and how a cell's state is kept and told of."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal

from .._catalog.catalog import Catalog
from .._common.public_errors import public_errors
from .._monty.worker import Worker
from .._reply.reply import state_unsaved_note
from .._run.run_cell import Ran
from .._source.history import History
from .._source.threads import off_loop
from .._state.envelope import code_digest
from .._state.repository import Saved, utc_now
from ..errors import SandboxCrashed, SandboxError, SnapshotError, SnapshotTooLarge, StoreError
from ..events.cell_events import Observer, SnapshotFailed, SnapshotSaved, StateRestored
from ..events.outcomes import Completed
from ..stores.base import CellKey
from .call_reuse import Corrections
from .event_delivery import EventDelivery
from .message_history import CellsInHistory, cell_metadata
from .session import SavedCell, Session, State


@dataclass(kw_only=True)
class AgentRun:
    """Lifetime: one run of an agent; closed by the toolset that made it."""

    session: Session
    corrections: Corrections
    compacts_history: bool = False
    """Whether a history with earlier messages and no cells is taken for a compacted one."""
    trusts_history: bool = True
    """Whether it is the application's, so that it is believed to be compacted where it says so."""
    is_public: bool = False
    """Whether a client sees what becomes of it."""
    observe: EventDelivery
    """Told of what happens between cells; a cell's own observer is told of what happens in it."""
    failures: int = 0
    """Cells that failed or were refused in a row."""
    catalog: Catalog | None = None
    """The tools that code has in this step; `None` until they were asked for."""
    is_waiting: bool = False
    """Whether a cell of this run waits; those that the model asked for after it have to wait too."""
    requests_again: bool = False
    """Whether that one's decisions are asked for with the next request of the run."""
    opening_note: str | None = None
    """What the model was told of variables when the run began; `None` until it was asked for."""
    is_streamed: bool | None = None
    """Whether events of the model came by in this run, so that somebody listens; `None` where it cannot be known."""
    failed_cells: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    """Metadata for the returns of cells that failed, by tool call id, until the history has it."""
    unsaved_cell: str | None = None
    """The cell whose state was told to be unsaved."""
    _restore_seconds: float = 0.0
    _histories: dict[str, History] = field(default_factory=dict[str, History])

    def errors(self) -> AbstractContextManager[None]:
        """Around what may raise: a client that sees it gets words of its own."""
        return public_errors(is_public=self.is_public)

    async def locate(self, cells: CellsInHistory, cell_id: str, observe: Observer) -> State:
        """The state the next cell starts from.

        Raises:
            SnapshotError, StoreError: When it cannot be had.
        """
        state = await self.find(cells)
        if self.session.restored and state.saved is not None:
            self.session.restored = False
            observe(
                StateRestored(
                    cell_id=cell_id,
                    snapshot=state.saved.name,
                    size_bytes=state.saved.size_bytes,
                    seconds=self._restore_seconds,
                )
            )
        return state

    async def find(self, cells: CellsInHistory) -> State:
        """The state after the newest of these cells, told to nobody.

        Raises:
            SnapshotError, StoreError: When it cannot be had.
        """
        started = time.perf_counter()
        is_compacted = self.trusts_history and (
            cells.is_compacted or (self.compacts_history and cells.has_earlier_messages)
        )
        state = await self.session.locate(cells.refs, is_compacted=is_compacted, not_after=cells.last_message_at)
        if self.session.restored:
            self._restore_seconds = max(self._restore_seconds, time.perf_counter() - started)
        return state

    async def history_of(self, state: State) -> History:
        """The checker's view of the cells that led to a state."""
        if not state.history:
            return History()
        kept = self._histories.get(state.history)
        if kept is None:
            kept = await off_loop(len(state.history), lambda: History.from_json(state.history).read())
            self._histories = {state.history: kept}
        return kept

    def remember(self, history: History, text: str) -> None:
        """Spare the next cell the reading of what this one wrote."""
        self._histories = {text: history}

    def use_grants_of(self, cells: CellsInHistory, key: CellKey) -> None:
        """What the conversation may do in this cell without being asked: anything that was allowed it, if it has an owner.
        Without one anybody may have named it: then what was allowed with a call of this cell, or of one that the history has.
        """

        def shows(cell_id: str, digest: str) -> bool:
            return (cell_id, digest) == (key.cell_id, key.code_digest) or cells.has(cell_id, digest)

        if not key.conversation.has_owner:
            self.session.grants.only_of(shows)

    def state_saver(self, cell_id: str, source: str, observe: Observer, *, tool_call_id: str | None) -> StateSaver:
        own_id = None if cell_id == tool_call_id else cell_id
        return StateSaver(run=self, cell_id=cell_id, own_id=own_id, digest=code_digest(source), observe=observe)

    async def start_over(self) -> State:
        """Forget all variables. What was held back is saved first, for histories that go back to it."""
        await self.aclose()
        return await self.session.start_over()

    async def aclose(self) -> None:
        """Save what is unsaved. Where that fails, later turns are told that their variables are gone."""
        cell_id, started = self.session.unsaved_cell, time.perf_counter()
        try:
            saved = await self.session.aclose()
        except (SnapshotError, StoreError, SandboxError) as error:
            self._failed_to_save(error, cell_id)
        else:
            if saved is not None and cell_id is not None:
                self.observe(_saved_event(cell_id, saved, started))
        finally:
            await self.observe.drain()

    async def save_unsaved(self) -> None:
        """Save the state at hand, if the store does not have it: the cell that starts from it may wait or be interrupted.

        Raises:
            SandboxError, SnapshotError, StoreError: When a held worker has it alone and it could not be saved.
        """
        cell_id, started = self.session.unsaved_cell, time.perf_counter()
        if cell_id is None:
            return
        try:
            saved = await self.session.save_unsaved()
        except (SnapshotError, StoreError) as error:
            if self.session.is_held:
                raise
            self._failed_to_save(error, cell_id)  # what waits is stored with its variables all the same
            return
        if saved is not None:
            self.observe(_saved_event(cell_id, saved, started))

    def _failed_to_save(self, error: SnapshotError | StoreError | SandboxError, cell_id: str | None) -> None:
        if cell_id is not None and cell_id == self.unsaved_cell:
            return  # it was tried once more, and that it is not kept is told already
        stage = 'dump' if isinstance(error, SandboxError) else _stage(error)
        self.observe(SnapshotFailed(cell_id=cell_id or '', reason=error, stage=stage))


@dataclass(kw_only=True)
class StateSaver:
    """Keeps the state after one cell, and knows what to tell of it."""

    run: AgentRun
    cell_id: str
    own_id: str | None
    """Its id, if that is another one than the call's."""
    digest: str
    observe: Observer
    kept: bool = False
    is_lost: bool = False
    """Whether the sandbox died over the state."""
    snapshot: str | None = None
    notes: list[str] = field(default_factory=list[str])

    async def keep(self, worker: Worker, ran: Ran) -> None:
        """Save the state while the worker is lent.

        Raises:
            SandboxCrashed: When the worker died over it.
        """
        started = time.perf_counter()
        text = ran.history.to_json()
        cell = SavedCell(
            cell_id=self.cell_id,
            code_digest=self.digest,
            outcome='completed' if isinstance(ran.outcome, Completed) else 'failed',
            history=text,
            names=ran.history.assigned_names(),
            ended_at=utc_now(),
        )
        self.kept = True
        try:
            saved = await self.run.session.keep(worker, cell)
        except SandboxCrashed as error:
            self.is_lost = True
            self.observe(SnapshotFailed(cell_id=self.cell_id, reason=error, stage='dump'))
            raise
        except (SnapshotError, StoreError) as error:
            self.observe(SnapshotFailed(cell_id=self.cell_id, reason=error, stage=_stage(error)))
            self.run.unsaved_cell = self.cell_id
            self.notes.append(state_unsaved_note())
            return
        self.run.remember(ran.history, text)
        if saved is not None:
            self.snapshot = saved.name
            self.observe(_saved_event(self.cell_id, saved, started))

    @property
    def metadata(self) -> dict[str, Any]:
        return cell_metadata(snapshot=self.snapshot, cell_id=self.own_id, is_lost=self.is_lost)


def _stage(error: SnapshotError | StoreError) -> Literal['seal', 'store']:
    return 'seal' if isinstance(error, SnapshotTooLarge) else 'store'


def _saved_event(cell_id: str, saved: Saved, started: float) -> SnapshotSaved:
    return SnapshotSaved(
        cell_id=cell_id, snapshot=saved.name, size_bytes=saved.size_bytes, seconds=time.perf_counter() - started
    )
