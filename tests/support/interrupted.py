"""A program that is interrupted and goes on: driven by real workers, in one "process" after another, with its journal.

What a process leaves behind are the journal's entries and nothing else; each `go` starts with a fresh pipeline, tool
manager and worker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any, Final

from pydantic_ai import RunContext, RunUsage, UsageLimits
from pydantic_ai.models.test import TestModel
from pydantic_ai.tool_manager import ToolManager
from pydantic_ai.toolsets import AbstractToolset, FunctionToolset
from support.journal_entries import BEGAN

from pydantic_ai_grail._catalog.catalog import build_catalog
from pydantic_ai_grail._journal.cell_journal import Journals
from pydantic_ai_grail._journal.entry_values import entry_values
from pydantic_ai_grail._journal.pauses import Parked
from pydantic_ai_grail._journal.unknown_outcomes import UnknownOutcomes
from pydantic_ai_grail._monty.lent_worker import lend_worker
from pydantic_ai_grail._monty.stops import DoneStop, FailedStop
from pydantic_ai_grail._monty.worker import HostAccess
from pydantic_ai_grail._run.driver import drive
from pydantic_ai_grail._run.layers.decided_calls import Decisions
from pydantic_ai_grail._run.pipeline import CallPipeline, CellTools, call_pipeline
from pydantic_ai_grail._run.prints import PrintCapture
from pydantic_ai_grail._state.keyring import Keyring
from pydantic_ai_grail.errors import StoreError
from pydantic_ai_grail.events.calls import CallRecord, call_id
from pydantic_ai_grail.events.cell_events import Event
from pydantic_ai_grail.events.journal_entries import (
    CallBegan,
    CallEnded,
    CallWaits,
    CellResumed,
    CellSuspended,
    Decided,
    Entry,
    JournalState,
    OnUnknownCall,
)
from pydantic_ai_grail.events.outcomes import Printed
from pydantic_ai_grail.limits import Limits
from pydantic_ai_grail.stores import CellKey, MemoryStore

NOON: Final = datetime(2026, 1, 1, 12, tzinfo=UTC)
APPROVED: Final = Decided(kind='approve')


def journal_state_of(entries: Sequence[Entry]) -> JournalState:
    """What a journal with these entries says of its cell, which began before them."""
    journals = Journals(
        store=MemoryStore(),
        keyring=Keyring('a secret for the tests'),
        store_timeout_seconds=10,
        writes_calls=False,
        claim_seconds=30,
    )
    journal = journals.new(CellKey('', 'A', 'cell', 'digest'))
    journal.entries = [BEGAN, *entries]
    return journal.state()


class Died(StoreError):
    """Stands for the end of the process: nothing is written any more."""


@dataclass
class ListRecorder:
    """Keeps entries in a list, up to a number of them."""

    entries: list[Entry]
    room: int | None = None

    async def write(self, *entries: Entry) -> None:
        if self.room is not None and len(self.entries) + len(entries) > self.room:
            raise Died('the process died')
        self.entries += entries

    def write_behind(self, *entries: Entry) -> None:
        if self.room is not None and len(self.entries) + len(entries) > self.room:
            self.room = len(self.entries)
        else:
            self.entries += entries


@dataclass
class Went:
    """How far one process brought the program."""

    ending: DoneStop | FailedStop | Parked
    calls: tuple[CallRecord, ...]
    printed: Printed
    waiting: Mapping[str, CallWaits]
    events: list[Event]
    content: Mapping[str, Any]

    @property
    def value(self) -> Any:
        assert isinstance(self.ending, DoneStop), self.ending
        return self.ending.value

    @property
    def error(self) -> str:
        assert isinstance(self.ending, FailedStop), self.ending
        return f'{self.ending.failure.exception_type}: {self.ending.failure.message}'

    @property
    def parked(self) -> Parked:
        assert isinstance(self.ending, Parked), self.ending
        return self.ending

    @property
    def states(self) -> list[str]:
        return [record.state for record in self.calls]


@dataclass(kw_only=True)
class Interrupted:
    """One program and its journal."""

    source: str
    toolset: AbstractToolset[Any] | Sequence[Callable[..., Any]]
    limits: Limits = Limits.DEFAULT
    usage_limits: UsageLimits | None = None
    on_unknown_call: OnUnknownCall = 'ask'
    max_tool_calls: int = 100
    decision_seconds: float | None = None
    now: datetime = NOON
    entries: list[Entry] = field(default_factory=list[Entry])

    async def go(
        self,
        decisions: Mapping[int, Decided] | None = None,
        *,
        source: str | None = None,
        dies_after: int | None = None,
    ) -> Went:
        """Run it in a new process.

        Args:
            decisions: By ordinal, for a program that waits; they are journaled.
            source: What runs instead, for a program that is not the same again.
            dies_after: The number of entries after which no more can be written.
        """
        if decisions is not None:
            self._decide(decisions)
        journaled = journal_state_of(self.entries)
        events: list[Event] = []
        calls = await self._pipeline(journaled, events, dies_after)
        prints = PrintCapture(self.limits.max_print_chars)
        suspended = journaled.suspended
        if suspended is not None:
            prints.take_up(Printed(text=suspended.printed, dropped_chars=suspended.dropped_chars))
        async with lend_worker(self.limits, host=HostAccess(), functions={}) as worker:
            ending = await drive(
                worker,
                source or self.source,
                calls=calls,
                prints=prints,
                host=HostAccess(),
                limits=self.limits,
                suspended=suspended,
            )
        if dies_after is not None and len(self.entries) >= dies_after:
            raise Died('the process died')
        if isinstance(ending, Parked):
            self._suspend(ending, calls, prints.printed)
        noted = calls.progress
        return Went(ending, noted.records.records, prints.printed, noted.waiting, events, noted.user_content)

    def shown(self) -> list[str]:
        """The entries, in short."""
        return [_short(entry) for entry in self.entries]

    def _decide(self, decisions: Mapping[int, Decided]) -> None:
        suspended = journal_state_of(self.entries).suspended
        assert suspended is not None
        plain = {
            call_id('cell', ordinal): {name: getattr(decided, name) for name in Decided.__dataclass_fields__}
            for ordinal, decided in decisions.items()
        }
        self.entries.append(CellResumed(token=suspended.token, decisions=plain, at=self.now))

    async def _pipeline(self, journaled: JournalState, events: list[Event], dies_after: int | None) -> CallPipeline:
        chosen = FunctionToolset(list(self.toolset)) if isinstance(self.toolset, Sequence) else self.toolset
        ctx = RunContext(deps=None, model=TestModel(), usage=RunUsage(), usage_limits=self.usage_limits)
        tools = await chosen.get_tools(ctx)
        resumed = journaled.resumed
        manager = ToolManager(toolset=chosen, ctx=ctx, tools=tools)
        return call_pipeline(
            'cell',
            CellTools(catalog=build_catalog(tools, root=chosen), manager=manager),
            max_tool_calls=self.max_tool_calls,
            observe=events.append,
            journaled=journaled,
            recorder=ListRecorder(self.entries, dies_after),
            decisions=Decisions()
            if resumed is None
            else Decisions(
                by_call={id: Decided(**each) for id, each in resumed.decisions.items()}, decided_at=resumed.at
            ),
            unknown_outcomes=UnknownOutcomes(on_unknown_call=self.on_unknown_call),
            decision_seconds=self.decision_seconds,
            clock=lambda: self.now,
        )

    def _suspend(self, parked: Parked, calls: CallPipeline, printed: Printed) -> None:
        from_parked = {name: getattr(parked, name) for name in Parked.__dataclass_fields__}
        self.entries.append(
            CellSuspended(
                **from_parked,
                token=token_hex(4),
                accepted=calls.position.accepted,
                printed=printed.text,
                dropped_chars=printed.dropped_chars,
                trace={},
            )
        )


def _short(entry: Entry) -> str:
    match entry:
        case CallBegan():
            return f'{entry.ordinal} began'
        case CallWaits():
            return f'{entry.ordinal} waits'
        case CallEnded():
            return f'{entry.ordinal} {entry.state}'
        case _:
            return str(entry_values(entry)['kind'])
