"""One call of `run_code`: the session (which state it starts from), the journal (whether it is resumed) and the run meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from anyio import CancelScope
from pydantic_ai.tool_manager import ToolManager

from .._monty.worker import Worker
from .._reply.reply import changed_note, decided_before_note, results_note, unused_note
from .._run.call_records import cell_ended
from .._run.layers.decided_calls import Decisions
from .._run.pipeline import CallPipeline, CellTools, call_pipeline
from .._run.run_cell import Ran, Surroundings, Waiting, run_cell
from .._source.history import History
from .._source.prepared import Prepared
from ..approvals.requests import granted
from ..errors import SnapshotError, StoreConflict, StoreError
from ..events.cell_events import CellResumed, Observer
from ..events.journal_entries import Began, EarlierCalls
from ..events.outcomes import Completed, Failed, Refused
from .agent_run import AgentRun, StateSaver
from .cell_ends import CellEnd, RanCell
from .cell_start import CellStart
from .deciding import unknown_outcomes_of
from .engine import Engine
from .instructions import orphans_text
from .message_history import CellsInHistory
from .resuming import Opened
from .session import State


@dataclass(kw_only=True)
class CellCall:
    """Lifetime: one call of `run_code`."""

    start: CellStart
    manager: ToolManager[Any]
    """Runs the tools that code calls."""
    printed: Callable[[str], None] | None = None
    """Told what the cell prints, as it comes."""
    journal_seconds: float = 0.0
    """How long it has waited for its journal."""
    engine: Engine = field(init=False)
    run: AgentRun = field(init=False)
    observe: Observer = field(init=False)
    _notes: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.engine, self.run, self.observe = self.start.engine, self.start.run, self.start.observe

    async def ran(self, cells: CellsInHistory) -> CellEnd:
        """Run the cell to its end.

        Args:
            cells: Those of the history before this one.

        Raises:
            ApprovalRequired: When it waits for decisions.
            JournalError, StoreConflict: When it began in an earlier run and must not be resumed, or is resumed elsewhere.
            SnapshotError, StoreError: With `on_lost_state='error'`, when its state cannot be had.
        """
        state, lost = await self.start.state(cells)
        opened = await self.start.open(cells)
        while True:
            try:
                return await self._ran(state, lost, cells, opened)
            except StoreConflict:
                if not opened.is_new or opened.journal.entries:
                    raise
                self._notes.clear()  # nothing of it has been done again
                opened = await self.start.open_other(cells)
            except SnapshotError as error:
                if lost is not None or self.engine.settings.on_lost_state == 'error':
                    raise  # otherwise no sandbox could take up the state that was found
                state, lost, opened = await self.run.start_over(), error, await self.start.open(cells)

    async def _ran(
        self, state: State, lost: SnapshotError | StoreError | None, cells: CellsInHistory, opened: Opened
    ) -> CellEnd:
        try:
            self._notes += [decided_before_note()] if opened.was_decided else []
            if opened.still_waits or opened.requests_again:
                return await self.start.suspension.still(opened)
            if opened.journaled.suspended is not None:
                self.run.is_waiting = self.run.requests_again = False  # it is this one that waited; it is resumed
            if opened.denied is not None:
                reuses = self.engine.settings.reuse_calls
                return self.start.suspension.denied(opened, opened.denied, notes=self._notes, reuses=reuses)
            if self.run.is_waiting:
                return await self.start.suspension.queued(opened)
            state = await self.start.starting_state(state, lost, cells, opened, notes=self._notes)
            if (on := opened.resumption) is not None:
                waited, trace = on.suspended is not None, opened.trace
                self.observe(CellResumed(cell_id=self.start.cell_id, was_waiting=waited, trace=trace))
                await self._note_orphans(cells)
            self.run.session.grants.reaches(opened.grants)
            for grant in granted(opened.journaled, self.start.key, opened.decisions, opened.decided_at):
                await self.run.session.grants.add(grant)
            calls = self._pipeline(opened, await self.start.called_before(state, cells))
            outcome, state_saver = await self._run(await self.run.history_of(state), calls, opened)
            if isinstance(outcome, Waiting):
                return await self.start.suspension.begins(
                    outcome,
                    opened,
                    accepted=calls.position.accepted,
                    trace=self.engine.trace_context(),
                    history=state.history,
                    may_repeat=self.start.answers is not None and self.start.answers.may_repeat,
                )
            if not state_saver.kept and len(calls.progress.records):
                await self._ended(outcome, calls, opened)
            if not isinstance(outcome, Refused):
                self.run.corrections.note(
                    opened.journal.state(),
                    calls.past.reusable,
                    self.start.tool.catalog.is_read_only,
                    step=self.start.ctx.run_step,
                    failed=isinstance(outcome, Failed),
                )
        finally:
            with CancelScope(shield=True):
                await opened.journal.aclose()
            self.journal_seconds += opened.journal.waited_seconds
        if (is_lost := not isinstance(outcome, Refused) and outcome.state_lost) or not state_saver.kept:
            self.run.session.note_stateless(self.start.cell_id)
        if is_lost:
            await self.run.session.drop_held()
        return RanCell(
            outcome=outcome,
            notes=(*self._notes, *self._notes_on(calls, outcome, opened), *state_saver.notes),
            content=[item for content in calls.progress.user_content.values() for item in content],
            metadata=state_saver.metadata,
        )

    async def _note_orphans(self, cells: CellsInHistory) -> None:
        """Tell what later cells did that the messages do not show: a resumed run has no other place for it."""
        text = orphans_text(await self.run.corrections.shown(cells), self.start.tool.catalog, self.engine.settings)
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

    def _pipeline(self, opened: Opened, before: EarlierCalls) -> CallPipeline:
        settings = self.engine.settings
        return call_pipeline(
            self.start.cell_id,
            CellTools(
                catalog=self.start.tool.catalog,
                manager=self.manager,
                answerers=self.engine.answerers(self.start.tool.catalog),
            ),
            max_tool_calls=settings.max_tool_calls,
            observe=self.observe,
            scope=self.start.key.scope,
            journaled=opened.journaled,
            before=before,
            decisions=Decisions(by_call=opened.decisions, decided_at=opened.decided_at, grants=self.run.session.grants),
            decision_seconds=settings.decision_timeout,
            unknown_outcomes=unknown_outcomes_of(
                settings.on_unknown_call, self.start.ctx, cell_id=self.start.cell_id, source=self.start.source
            ),
            recorder=opened.journal,
        )

    async def _run(
        self, history: History, calls: CallPipeline, opened: Opened
    ) -> tuple[Completed | Failed | Refused | Waiting, StateSaver]:
        settings, resumption = self.engine.settings, opened.resumption
        state_saver = self.run.state_saver(
            self.start.cell_id, self.start.source, self.observe, tool_call_id=self.start.ctx.tool_call_id
        )

        async def keep(worker: Worker, ran: Ran) -> None:
            if len(calls.progress.records):
                await self._ended(ran.outcome, calls, opened)
            await state_saver.keep(worker, ran)

        is_loaded = resumption is None or resumption.suspended is None
        outcome = await run_cell(
            self.start.source,
            Surroundings(
                history=history,
                calls=calls,
                check=self.engine.check(self.start.tool.catalog, self.start.tool.inside),
                support=self.engine.support,
                worker=lambda: self.engine.worker(self.run.session, self.start.tool.catalog, loaded=is_loaded),
                keep=keep,
                host=settings.host,
                limits=settings.limits,
                observe=self.observe,
                printed=self.printed,
                begin=partial(self._begin, history, opened),
                resumption=resumption,
                max_dump_bytes=settings.max_snapshot_bytes,
            ),
        )
        return outcome, state_saver

    async def _begin(self, history: History, opened: Opened, prepared: Prepared) -> None:
        if self.start.may_call(prepared.source, history):
            # The cell may wait or die with its process; then it is resumed from the state before it, which must be stored.
            await self.run.save_unsaved()
        parent, trace = self.run.session.parent, self.engine.trace_context
        opened.journal.begin(
            lambda: Began(source=self.start.source, prepared=prepared.to_json(), parent=parent, trace=trace())
        )

    async def _ended(self, outcome: Completed | Failed | Refused, calls: CallPipeline, opened: Opened) -> None:
        did_nothing = isinstance(outcome, Completed) and not opened.journal.entries
        if did_nothing and self.engine.settings.store.reach == 'process':
            return  # nobody can want it: the process has the result, and without the process there is no journal
        await opened.journal.finish(cell_ended(outcome, delivered=calls.position.delivered, at=datetime.now(UTC)))
