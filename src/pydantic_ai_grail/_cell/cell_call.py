"""One call of `run_code`: the session (which state it starts from), the journal (whether it is resumed) and the run meet."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from anyio import CancelScope
from pydantic_ai import RunContext
from pydantic_ai.tool_manager import ToolManager
from pydantic_ai.toolsets.abstract import ToolsetTool

from .._catalog.catalog import Catalog
from .._monty.worker import Worker
from .._reply.reply import changed_note, decided_before_note, results_note, state_lost_note, unused_note
from .._run.call_records import cell_ended
from .._run.layers.decided_calls import Decisions
from .._run.pipeline import CallPipeline, CellTools, call_pipeline
from .._run.run_cell import Ran, Surroundings, Waiting, run_cell
from .._run.validation import ToolValidator
from .._source.history import History
from .._source.prepared import Prepared
from .._state.envelope import code_digest
from ..approvals.requests import Answers, Whole, answers_in, granted
from ..errors import JournalError, JournalMismatch, SnapshotError, StoreConflict, StoreError
from ..events.cell_events import CellResumed, Observer, StateLost
from ..events.journal_entries import Began, EarlierCalls
from ..events.outcomes import Completed, Failed, Refused
from ..stores.base import CellKey
from .agent_run import AgentRun, StateSaver
from .cell_ends import CellEnd, RanCell
from .cells_called import next_cell_id
from .deciding import fitting, unknown_outcomes_of
from .engine import Engine
from .instructions import unseen
from .message_history import Asked, CellsInHistory, asked_in
from .resuming import Opened, open_cell
from .session import State
from .suspension import Suspension


@dataclass(kw_only=True)
class CellCall:
    """Lifetime: one call of `run_code`."""

    engine: Engine
    run: AgentRun
    ctx: RunContext[Any]
    cell_id: str
    tool_call_id: str
    """The call that asked for the cell; that of the run context may be another one, which resumes it."""
    source: str
    catalog: Catalog
    inside: Mapping[str, ToolsetTool[Any]]
    tools: ToolManager[Any]
    observe: Observer
    printed: Callable[[str], None] | None = None  # told what the cell prints, as it comes
    restarts: bool = False
    """Whether the model asked to begin without variables, whatever the history says."""
    reruns: bool = False
    """Whether the model asked for calls to be made again that the failed cell before has made."""
    _key: CellKey = field(init=False)
    _asked: Asked = field(init=False)
    _answers: Answers | Whole | None = field(init=False)
    """The decisions that this run brings."""
    journal_seconds: float = 0.0
    """How long it has waited for its journal."""
    _notes: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self._key = self.run.session.conversation.cell(self.cell_id, code_digest(self.source))
        resumes, run_id = self.tool_call_id != self.ctx.tool_call_id, self.ctx.run_id
        self._asked = asked_in(self.ctx.messages, tool_call_id=self.tool_call_id, run_id=run_id, resumes=resumes)
        self._answers = answers_in(self.ctx.tool_call_metadata) if self.ctx.tool_call_approved else None

    async def ran(self, cells: CellsInHistory) -> CellEnd:
        """Run the cell to its end.

        Args:
            cells: Those of the history before this one.

        Raises:
            ApprovalRequired: When it waits for decisions.
            JournalError, StoreConflict: When it began in an earlier run and must not go on, or goes on elsewhere.
            SnapshotError, StoreError: With `on_lost_state='error'`, when its state cannot be had.
        """
        state, lost = await self._state(cells)
        opened = await self._open(cells)
        while True:
            try:
                return await self._ran(state, lost, cells, opened)
            except StoreConflict:
                if not opened.is_new or opened.journal.entries:
                    raise
                self._notes.clear()  # nothing of it has been done anew
                opened = await self._open_other(cells)
            except SnapshotError as error:
                if lost is not None or self.engine.settings.on_lost_state == 'error':
                    raise  # otherwise no sandbox could take up the state that was found
                state, lost, opened = await self.run.start_over(), error, await self._open(cells)

    async def _open_other(self, cells: CellsInHistory) -> Opened:
        """The journal that is there: of this cell, where a durable engine runs the whole run again, with the same ids; or
        one of its own, where it was there before the model asked: some providers give an id again."""
        begun = await self.engine.journals.guarded.begun(self._key.conversation, after=None)
        there = next((cell.at for cell in begun if cell.key == self._key), None)
        if there is None or self._asked.at is None or there >= self._asked.at:
            return await self._reopen(cells)
        self.cell_id = next_cell_id(self.cell_id)
        self._key = self._key._replace(cell_id=self.cell_id)
        return await self._open(cells)

    async def _ran(
        self, state: State, lost: SnapshotError | StoreError | None, cells: CellsInHistory, opened: Opened
    ) -> CellEnd:
        try:
            self._notes += [decided_before_note()] if opened.was_decided else []
            if opened.still_waits or opened.requests_again:
                return await self._suspension.still(opened)
            if opened.journaled.suspended is not None:
                self.run.is_waiting = self.run.requests_again = False  # it is this one that waited; it goes on
            if opened.denied is not None:
                reuses = self.engine.settings.reuse_calls
                return self._suspension.denied(opened, opened.denied, notes=self._notes, reuses=reuses)
            if self.run.is_waiting:
                return await self._suspension.queued(opened)
            state = await self._start(state, lost, cells, opened)
            if (on := opened.going_on) is not None:
                waited, trace = on.suspended is not None, opened.trace
                self.observe(CellResumed(cell_id=self.cell_id, was_waiting=waited, trace=trace))
                await self._tell_unseen(cells)
            self.run.session.grants.reaches(opened.grants)
            for grant in granted(opened.journaled, self._key, opened.decisions, opened.decided_at):
                await self.run.session.grants.add(grant)
            calls = self._pipeline(opened, await self._called_before(state, cells))
            outcome, state_saver = await self._run(await self.run.history_of(state), calls, opened)
            if isinstance(outcome, Waiting):
                return await self._suspension.begins(
                    outcome,
                    opened,
                    accepted=calls.position.accepted,
                    trace=self.engine.trace_context(),
                    history=state.history,
                    may_repeat=self._answers is not None and self._answers.may_repeat,
                )
            if not state_saver.kept and len(calls.progress.records):
                await self._ended(outcome, calls, opened)
            if not isinstance(outcome, Refused):
                self.run.corrections.note(
                    opened.journal.state(),
                    calls.past.reusable,
                    self.catalog.is_read_only,
                    step=self.ctx.run_step,
                    failed=isinstance(outcome, Failed),
                )
        finally:
            with CancelScope(shield=True):
                await opened.journal.aclose()
            self.journal_seconds += opened.journal.waited_seconds
        if (is_lost := not isinstance(outcome, Refused) and outcome.state_lost) or not state_saver.kept:
            self.run.session.note_stateless(self.cell_id)
        if is_lost:
            await self.run.session.drop_held()
        return RanCell(
            outcome=outcome,
            notes=(*self._notes, *self._notes_on(calls, outcome, opened), *state_saver.notes),
            content=[item for content in calls.progress.user_content.values() for item in content],
            metadata=state_saver.metadata,
        )

    @property
    def _suspension(self) -> Suspension:
        return Suspension(
            run=self.run,
            catalog=self.catalog,
            observe=self.observe,
            cell_id=self.cell_id,
            source=self.source,
            scope=self._key.scope,
            tool_call_id=self.tool_call_id,
            resumed_by=self.ctx.tool_call_id or self.tool_call_id,
        )

    async def _tell_unseen(self, cells: CellsInHistory) -> None:
        """Tell what later cells did that the messages do not show: a run that goes on has no other place for it."""
        text = unseen(await self.run.corrections.shown(cells), self.catalog, self.engine.settings)
        if text and text not in (self.run.opening_note or ''):
            self._notes.append(text)

    def _notes_on(self, calls: CallPipeline, outcome: Completed | Failed | Refused, opened: Opened) -> list[str]:
        records = calls.progress.records
        unused = [record for record in records if record.request in calls.position.unused]
        given = {**opened.changed_arguments, **calls.progress.made_with}
        ids = [(record.request, record.request.tool_call_id) for record in records]
        return [
            *changed_note([(request, given[id]) for request, id in ids if id in given]),
            *results_note(records.records),
            *(unused_note(unused) if isinstance(outcome, Completed) else ()),
        ]

    async def _state(self, cells: CellsInHistory) -> tuple[State, SnapshotError | StoreError | None]:
        """The state at hand, and why the one that the history leads to is not."""
        run = self.run
        try:
            return await (run.start_over() if self.restarts else run.locate(cells, self.cell_id, self.observe)), None
        except (SnapshotError, StoreError) as error:
            return await self.run.start_over(), error

    def _tell_lost(self, error: SnapshotError | StoreError, cells: CellsInHistory) -> None:
        self.observe(StateLost(cell_id=self.cell_id, reason=error))
        if self.engine.settings.on_lost_state == 'error':
            raise error
        if cells.refs or cells.last_message_at is not None:  # otherwise nobody knows of any
            self._notes.append(state_lost_note(error))

    async def _open(self, cells: CellsInHistory) -> Opened:
        """The journal, and where the cell goes on if it began in an earlier run."""
        self.run.use_grants_of(cells, self._key)
        if self._asked.is_new and not self.ctx.tool_call_approved:
            return Opened(journal=self.engine.journals.new(self._key), is_new=True)
        return await self._reopen(cells)

    async def _reopen(self, cells: CellsInHistory) -> Opened:
        return await open_cell(
            self.engine.journals,
            self._key,
            origin=self._asked.conversation_id,
            may_open_origin=await self.run.session.may_open(self._asked.conversation_id, cells.refs),
            requested_by=self._suspension.requested_by,
            answers=self._answers,
            fits=fitting(ToolValidator(self.catalog, self.inside)),
        )

    async def _start(
        self, state: State, lost: SnapshotError | StoreError | None, cells: CellsInHistory, opened: Opened
    ) -> State:
        """The state that the cell starts from, if it began before: the one it began from.

        Raises:
            JournalMismatch: When that is another one than the history leads to.
            SnapshotError, StoreError: With `on_lost_state='error'`, when it is lost and the cell needs it.
        """
        carried = opened.carried_state([ref.cell_id for ref in cells.refs], state, is_lost=lost is not None)
        if carried is not None:
            return carried
        if lost is not None:
            self._tell_lost(lost, cells)
        began = opened.journaled.began
        if began is None or began.parent == self.run.session.parent:
            return state
        if began.parent is None and not cells.refs:
            # The first cell of its conversation. The state at hand is the conversation's newest, from after it.
            return await self.run.start_over()
        raise JournalMismatch(
            f'Cell {self.cell_id!r} began from another state than the one that this history leads to: the history was '
            'edited, or that state is gone. Go on from the history as it was, or ask the model anew.'
        )

    async def _called_before(self, state: State, cells: CellsInHistory) -> EarlierCalls:
        """What cells before have called, for this one to give again, and the calls of which nobody knows."""
        corrections, step, settings = self.run.corrections, self.ctx.run_step, self.engine.settings
        try:
            before = await corrections.called_before(cells, state, self.catalog.is_read_only, step=step)
        except (JournalError, StoreError):
            if self._may_call(self.source, await self.run.history_of(state)):
                raise
            return EarlierCalls()
        return before if settings.reuse_calls and not self.reruns else replace(before, failed=(), done=())

    def _pipeline(self, opened: Opened, before: EarlierCalls) -> CallPipeline:
        settings = self.engine.settings
        return call_pipeline(
            self.cell_id,
            CellTools(catalog=self.catalog, manager=self.tools, answerers=self.engine.answerers(self.catalog)),
            max_tool_calls=settings.max_tool_calls,
            observe=self.observe,
            scope=self._key.scope,
            journaled=opened.journaled,
            before=before,
            decisions=Decisions(by_call=opened.decisions, decided_at=opened.decided_at, grants=self.run.session.grants),
            decision_seconds=settings.decision_timeout,
            unknown_outcomes=unknown_outcomes_of(
                settings.on_unknown_call, self.ctx, cell_id=self.cell_id, source=self.source
            ),
            recorder=opened.journal,
        )

    async def _run(
        self, history: History, calls: CallPipeline, opened: Opened
    ) -> tuple[Completed | Failed | Refused | Waiting, StateSaver]:
        settings, going_on = self.engine.settings, opened.going_on
        state_saver = self.run.state_saver(self.cell_id, self.source, self.observe, tool_call_id=self.ctx.tool_call_id)

        async def keep(worker: Worker, ran: Ran) -> None:
            if len(calls.progress.records):
                await self._ended(ran.outcome, calls, opened)
            await state_saver.keep(worker, ran)

        is_loaded = going_on is None or going_on.suspended is None
        outcome = await run_cell(
            self.source,
            Surroundings(
                history=history,
                calls=calls,
                check=self.engine.check(self.catalog, self.inside),
                support=self.engine.support,
                worker=lambda: self.engine.worker(self.run.session, self.catalog, loaded=is_loaded),
                keep=keep,
                host=settings.host,
                limits=settings.limits,
                observe=self.observe,
                printed=self.printed,
                begin=partial(self._begin, history, opened),
                going_on=going_on,
                max_dump_bytes=settings.max_snapshot_bytes,
            ),
        )
        return outcome, state_saver

    async def _begin(self, history: History, opened: Opened, prepared: Prepared) -> None:
        if self._may_call(prepared.source, history):
            # The cell may wait or die with its process; then it goes on from the state before it, which must be stored.
            await self.run.save_unsaved()
        parent, trace = self.run.session.parent, self.engine.trace_context
        opened.journal.begin(
            lambda: Began(source=self.source, prepared=prepared.to_json(), parent=parent, trace=trace())
        )

    def _may_call(self, source: str, history: History) -> bool:
        """Whether the cell names a tool, or a function that may call one."""
        words = set(_WORD.findall(source))
        tools = {part for name in self.catalog.entries for part in name.split('.')}
        return not words.isdisjoint(tools | history.bindings.declared)

    async def _ended(self, outcome: Completed | Failed | Refused, calls: CallPipeline, opened: Opened) -> None:
        did_nothing = isinstance(outcome, Completed) and not opened.journal.entries
        if did_nothing and self.engine.settings.store.reach == 'process':
            return  # nobody can want it: the process has the result, and without the process there is no journal
        await opened.journal.finish(cell_ended(outcome, delivered=calls.position.delivered, at=datetime.now(UTC)))


_WORD: Final = re.compile(r'\w+')
