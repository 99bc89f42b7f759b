"""The calls of one cell: the layers that it can need, composed once, and the way of a call through them.

Whatever goes wrong in a call is raised in the code at the line of the call, so that code may handle it; only what must
end the agent's run (a usage limit, a cancellation) goes past it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pydantic_ai.tool_manager import ToolManager

from .._catalog.catalog import Catalog
from .._journal.past_calls import NO_EARLIER_CALLS, PastCalls, past_calls
from .._journal.unknown_outcomes import UnknownOutcomes
from .._monty.stops import CallStop, Settled
from ..events.calls import CallRequest, call_id, idempotency_key
from ..events.cell_events import Observer
from ..events.journal_entries import EMPTY_JOURNAL, CellSuspended, EarlierCalls, JournaledCall, JournalState
from .call_progress import CallProgress, SettlingOrder, utc_now
from .call_remarks import CallRemarks
from .contracts import Recorder
from .layers.binding import Answerer, Bound, resolve
from .layers.call_budget import beyond_budget, has_limit
from .layers.decided_calls import DecidedCalls, Decisions
from .layers.layer import Answer, Call, Layer
from .layers.made_calls import MadeCalls
from .layers.replayed_calls import ReplayedCalls
from .layers.reused_calls import ReusedCalls
from .layers.unknown_calls import UnknownCalls

NO_ANSWERERS: Final[Mapping[str, Answerer]] = {}
NO_DECISIONS: Final = Decisions()
ASK: Final = UnknownOutcomes()


@dataclass(frozen=True, slots=True, kw_only=True)
class CellTools:
    """What code of a cell may call."""

    catalog: Catalog
    manager: ToolManager[Any]
    """Runs them."""
    answerers: Mapping[str, Answerer] = field(default_factory=dict[str, Answerer])
    """The functions of ours beside them."""


@dataclass(slots=True, kw_only=True)
class Position:
    """How far code has come with its calls."""

    accepted: int = 0
    """How many it has made."""
    delivered: int = 0
    """How many results it was given."""
    delivered_before: dict[int, int] = field(default_factory=dict[int, int])
    """Ordinal of a call -> how many results code had been given when it made it."""
    unused: Sequence[CallRequest] = ()
    """Calls that ran, and whose results code had not been given when it ended."""

    def accept(self) -> int:
        """Code makes a call: its ordinal."""
        self.accepted += 1
        self.delivered_before[self.accepted] = self.delivered
        return self.accepted


@dataclass(slots=True, kw_only=True)
class CallPipeline:
    """Answers the calls of one cell. Lifetime: the cell."""

    cell_id: str
    scope: str
    max_tool_calls: int
    is_sequential: bool
    """Pydantic AI's run-wide mode: one call at a time."""
    tools: CellTools
    past: PastCalls
    progress: CallProgress
    layers: Sequence[Layer]
    """Those that may answer a call which is not made, in order."""
    last: Layer
    """Makes the call."""
    position: Position = field(default_factory=Position)
    remarks: CallRemarks = field(default_factory=CallRemarks)

    def is_function(self, name: str) -> bool:
        """Whether a bare name that code reads is one of ours."""
        return name in self.tools.catalog.entries or name in self.tools.answerers

    def accept(self, stop: CallStop) -> CallRequest | Settled:
        """The call to run; or its answer, when there is nothing to run: one of our own functions, or a mistake.

        Raises:
            Diverged: When a cell that is replayed makes another call than before.
        """
        bound = resolve(stop, self.tools.catalog, self.tools.answerers)
        if not isinstance(bound, Bound):
            return bound
        refusal = beyond_budget(self.position.accepted, self.max_tool_calls)
        if refusal is not None:
            return refusal
        facts, ordinal = bound.entry.facts, self.position.accept()
        if bound.left_out:
            self.remarks.none_left_out(facts.python_name, bound.left_out, stop.line)
        request = CallRequest(
            tool_call_id=call_id(self.cell_id, ordinal),
            ordinal=ordinal,
            tool=facts,
            args=bound.arguments,
            line=stop.line,
        )
        for layer in self.layers:
            layer.note(request)
        return request

    async def run(self, request: CallRequest) -> Answer:
        """Answer a call: by the first layer that does.

        Raises:
            UsageLimitExceeded: As for a direct call.
            StoreError: When the journal cannot be written.
        """
        call = self._call(request)
        self.progress.start(request)
        for layer in self.layers:
            answer = await layer.answer(call)
            if answer is not None:
                return answer
        answer = await self.last.answer(call)
        assert answer is not None
        return answer

    def refuses(self, request: CallRequest) -> bool:
        """Whether the call waited and gets an exception for an answer, without being made."""
        return any(layer.refuses(request) for layer in self.layers)

    def recall(self, calls: Iterable[JournaledCall]) -> None:
        """Note calls of before that the code will not ask for again: those that settled, and those with an unknown outcome."""
        for journaled in calls:
            request = self.past.replay.request(journaled.began.ordinal, self.tools.catalog)
            if request.tool_call_id in self.progress.order or (journaled.ended is None and journaled.has_not_started):
                continue
            self.progress.records.start(request)
            if journaled.ended is not None:
                self.progress.replayed(request, journaled.ended, began=journaled.began, order=journaled.order)
            else:
                self.progress.end_early(request)

    def revive(self, suspended: CellSuspended) -> None:
        """Take up the calls of a program where it was suspended."""
        delivered = self.past.replay.delivered_before(suspended)
        self.position.accepted, self.position.delivered = suspended.accepted, len(delivered)
        self.recall(delivered)
        self.progress.order.outstanding.difference_update(call.order for call in delivered)

    def _call(self, request: CallRequest) -> Call:
        own_key = idempotency_key(self.scope, request.tool_call_id)
        if not self.layers:
            delivered_before = self.position.delivered_before[request.ordinal]
            return Call(request=request, key=own_key, own_key=own_key, delivered_before=delivered_before)
        replayed = self.past.replay.find(request.ordinal)
        earlier = replayed or self.past.reusable.unknown_outcome(request)
        delivered_before = (
            self.position.delivered_before[request.ordinal] if replayed is None else replayed.began.delivered_before
        )
        return Call(
            request=request,
            key=(None if earlier is None else earlier.own_key) or own_key,
            own_key=own_key,
            delivered_before=delivered_before,
            earlier=earlier,
            is_replayed=replayed is not None,
        )


def call_pipeline(
    cell_id: str,
    tools: CellTools,
    *,
    max_tool_calls: int,
    observe: Observer,
    scope: str = '',
    journaled: JournalState = EMPTY_JOURNAL,
    before: EarlierCalls = NO_EARLIER_CALLS,
    decisions: Decisions = NO_DECISIONS,
    decision_seconds: float | None = None,
    unknown_outcomes: UnknownOutcomes = ASK,
    recorder: Recorder | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> CallPipeline:
    """The layers that the calls of one cell can need.

    Args:
        cell_id: The cell.
        tools: What its code may call.
        max_tool_calls: How many calls it may make.
        observe: Told of each call.
        scope: Tells the cell from those of the same id in other conversations, for idempotency keys.
        journaled: What the journal has of the cell from before this run of it.
        before: What the cells before it called.
        decisions: What people have said of its calls.
        decision_seconds: How long a decision is waited for; `None`: for ever.
        unknown_outcomes: What becomes of calls that were running when their process ended.
        recorder: Writes the journal that lasts; `None` keeps none.
        clock: Says what time it is, with a time zone.
    """
    past = past_calls(cell_id, tools.catalog, journaled=journaled, before=before)
    places = past.replay.orders
    progress = CallProgress(
        cell_id=cell_id,
        observe=observe,
        recorder=recorder,
        clock=clock,
        decision_seconds=decision_seconds,
        resumed_from='' if journaled.suspended is None else journaled.suspended.token,
        order=SettlingOrder(outstanding=places, newest=max(places, default=0)),
    )
    layers: list[Layer] = []
    if journaled.calls:
        layers.append(ReplayedCalls(replay=past.replay, progress=progress))
    if before.failed or before.done or before.unknown:
        layers.append(ReusedCalls(reusable=past.reusable, progress=progress))
    if journaled.calls or before.unknown:
        layers += [
            DecidedCalls(past=past, decisions=decisions, progress=progress),
            UnknownCalls(outcomes=unknown_outcomes, progress=progress),
        ]
    return CallPipeline(
        cell_id=cell_id,
        scope=scope,
        max_tool_calls=max_tool_calls,
        is_sequential=tools.manager.get_parallel_execution_mode() == 'sequential',
        tools=tools,
        past=past,
        progress=progress,
        layers=layers,
        last=MadeCalls(
            catalog=tools.catalog,
            tools=tools.manager,
            decisions=decisions,
            progress=progress,
            is_limited=has_limit(tools.manager),
        ),
    )
