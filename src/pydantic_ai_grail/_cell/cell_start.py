"""Where a cell starts: the state that the history leads to, its journal, and what the cells before it called.

It must not know how a cell runs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pydantic_ai import RunContext

from .._reply.reply import state_lost_note
from .._run.validation import ToolValidator
from .._source.history import History
from .._state.envelope import code_digest
from ..approvals.requests import Answers, Whole, answers_in
from ..errors import JournalError, JournalMismatch, SnapshotError, StoreError
from ..events.cell_events import Observer, StateLost
from ..events.journal_entries import EarlierCalls
from ..stores.base import CellKey
from .agent_run import AgentRun
from .cells_called import next_cell_id
from .deciding import fitting
from .engine import Engine
from .message_history import CellRequest, CellsInHistory, cell_request_in
from .resuming import Opened, open_cell
from .run_code import RunCodeTool
from .session import State
from .suspension import Suspension


@dataclass(kw_only=True)
class CellStart:
    """Lifetime: one call of `run_code`."""

    engine: Engine
    run: AgentRun
    ctx: RunContext[Any]
    tool: RunCodeTool[Any]
    observe: Observer
    call_id: str
    """The call that asked for the cell; that of the run context may be another one, which resumes it."""
    source: str
    first_id: str
    """The cell's id, if there is no other cell of that id."""
    restarts: bool = False
    """Whether the model asked to begin without variables, whatever the history says."""
    reruns: bool = False
    """Whether the model asked for calls to be made again that the failed cell before has made."""
    key: CellKey = field(init=False)
    request: CellRequest = field(init=False)
    answers: Answers | Whole | None = field(init=False)
    """The decisions that this run brings."""

    def __post_init__(self) -> None:
        self.key = self.run.session.conversation.cell(self.first_id, code_digest(self.source))
        resumes, run_id = self.call_id != self.ctx.tool_call_id, self.ctx.run_id
        self.request = cell_request_in(self.ctx.messages, tool_call_id=self.call_id, run_id=run_id, resumes=resumes)
        self.answers = answers_in(self.ctx.tool_call_metadata) if self.ctx.tool_call_approved else None

    @property
    def cell_id(self) -> str:
        return self.key.cell_id

    @property
    def suspension(self) -> Suspension:
        return Suspension(
            run=self.run,
            catalog=self.tool.catalog,
            observe=self.observe,
            cell_id=self.cell_id,
            source=self.source,
            scope=self.key.scope,
            tool_call_id=self.call_id,
            resumed_by=self.ctx.tool_call_id or self.call_id,
        )

    async def state(self, cells: CellsInHistory) -> tuple[State, SnapshotError | StoreError | None]:
        """The state at hand, and why the one that the history leads to is not."""
        run = self.run
        try:
            return await (run.start_over() if self.restarts else run.locate(cells, self.cell_id, self.observe)), None
        except (SnapshotError, StoreError) as error:
            return await self.run.start_over(), error

    async def open(self, cells: CellsInHistory) -> Opened:
        """The journal, and where the cell is resumed if it began in an earlier run."""
        self.run.use_grants_of(cells, self.key)
        if self.request.is_new and not self.ctx.tool_call_approved:
            return Opened(journal=self.engine.journals.new(self.key), is_new=True)
        return await self._reopen(cells)

    async def open_other(self, cells: CellsInHistory) -> Opened:
        """The journal that is there: of this cell, where a durable engine runs the whole run again, with the same ids; or
        one of its own, where it was there before the model asked: some providers give an id again."""
        begun = await self.engine.journals.guarded.begun(self.key.conversation, after=None)
        there = next((cell.at for cell in begun if cell.key == self.key), None)
        if there is None or self.request.at is None or there >= self.request.at:
            return await self._reopen(cells)
        self.key = self.key._replace(cell_id=next_cell_id(self.cell_id))
        return await self.open(cells)

    async def _reopen(self, cells: CellsInHistory) -> Opened:
        return await open_cell(
            self.engine.journals,
            self.key,
            origin=self.request.conversation_id,
            may_open_origin=await self.run.session.may_open(self.request.conversation_id, cells.refs),
            requested_by=self.suspension.requested_by,
            answers=self.answers,
            fits=fitting(ToolValidator(self.tool.catalog, self.tool.inside)),
        )

    async def starting_state(
        self,
        state: State,
        lost: SnapshotError | StoreError | None,
        cells: CellsInHistory,
        opened: Opened,
        *,
        notes: list[str],
    ) -> State:
        """The state that the cell starts from, if it began before: the one it began from. What the model is told of it is
        added to `notes`.

        Raises:
            JournalMismatch: When that is another one than the history leads to.
            SnapshotError, StoreError: With `on_lost_state='error'`, when it is lost and the cell needs it.
        """
        carried = opened.carried_state([ref.cell_id for ref in cells.refs], state, is_lost=lost is not None)
        if carried is not None:
            return carried
        if lost is not None:
            self._tell_lost(lost, cells, notes)
        began = opened.journaled.began
        if began is None or began.parent == self.run.session.parent:
            return state
        if began.parent is None and not cells.refs:
            # The first cell of its conversation. The state at hand is the conversation's newest, from after it.
            return await self.run.start_over()
        raise JournalMismatch(
            f'Cell {self.cell_id!r} began from another state than the one that this history leads to: the history was '
            'edited, or that state is gone. Continue from the history as it was, or ask the model again.'
        )

    def _tell_lost(self, error: SnapshotError | StoreError, cells: CellsInHistory, notes: list[str]) -> None:
        self.observe(StateLost(cell_id=self.cell_id, reason=error))
        if self.engine.settings.on_lost_state == 'error':
            raise error
        if cells.refs or cells.last_message_at is not None:  # otherwise there can be none
            notes.append(state_lost_note(error))

    async def called_before(self, state: State, cells: CellsInHistory) -> EarlierCalls:
        """What cells before have called, for this one to reuse, and the calls with an unknown outcome."""
        corrections, step, settings = self.run.corrections, self.ctx.run_step, self.engine.settings
        try:
            before = await corrections.called_before(cells, state, self.tool.catalog.is_read_only, step=step)
        except (JournalError, StoreError):
            if self.may_call(self.source, await self.run.history_of(state)):
                raise
            return EarlierCalls()
        return before if settings.reuse_calls and not self.reruns else replace(before, failed=(), done=())

    def may_call(self, source: str, history: History) -> bool:
        """Whether the cell names a tool, or a function that may call one."""
        words = set(_WORD.findall(source))
        tools = {part for name in self.tool.catalog.entries for part in name.split('.')}
        return not words.isdisjoint(tools | history.bindings.declared)


_WORD: Final = re.compile(r'\w+')
