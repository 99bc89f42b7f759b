"""One call that code made: bound, counted, journaled, run through Pydantic AI's tool manager, its result made to cross.

Whatever goes wrong in a call is raised in the code at the line of the call, so that code may handle it; only what must
end the agent's run (a usage limit, a cancellation) goes past it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import InitVar, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic_ai.exceptions import ApprovalRequired, CallDeferred
from pydantic_ai.messages import UserContent
from pydantic_ai.tool_manager import ToolManager

from .._catalog.catalog import Catalog
from .._journal.pauses import Attempt, answer, changed_arguments, tool_metadata
from .._journal.replay import Replay, next_attempt
from .._journal.reuse import ReusableCalls
from .._journal.unknown_outcomes import NeedsDecision, Resolution, Resolved, UnknownOutcomes
from .._monty.failures import cut
from .._monty.stops import CallStop, RaisedBy, Settled
from .._monty.values import in_utf8
from ..errors import StoreError
from ..events.calls import CallJournal, CallRecord, CallRequest, CallState, call_id, idempotency_key
from ..events.cell_events import CallSettled, CallStarted, Observer
from ..events.journal_entries import (
    EMPTY_JOURNAL,
    CallBegan,
    CallEnded,
    CallWaits,
    Decided,
    EarlierCalls,
    JournaledCall,
    JournalState,
    WaitingReason,
)
from ..events.journal_entries import Entry as JournalEntry
from .binding import Answerer, Bound, asked_for
from .call_records import Called, content_of, cut_off, entry_of, record_of, settled_of
from .call_remarks import CallRemarks
from .contracts import Granting, Recorder
from .tool_call import asks_too_often, call_tool, counted, metadata_of


@dataclass(kw_only=True)
class Dispatcher:
    """Runs the calls of one cell. Lifetime: the cell."""

    cell_id: str
    catalog: Catalog
    tools: ToolManager[Any]
    max_tool_calls: int
    observe: Observer
    journaled: InitVar[JournalState] = EMPTY_JOURNAL
    """What the journal has of the cell from before this run of it."""
    before: InitVar[EarlierCalls] = EarlierCalls()  # noqa: RUF009  # frozen
    """What the cells before it called."""
    answerers: Mapping[str, Answerer] = field(default_factory=dict[str, Answerer])
    replay: Replay = field(init=False)
    journal: CallJournal = field(init=False)
    user_content: dict[str, Sequence[UserContent]] = field(default_factory=dict[str, Sequence[UserContent]])
    """What tools returned for the model's eyes beside their value, by call id, in the order of the calls."""
    scope: str = ''
    """Tells the cell from those of other conversations, for idempotency keys."""
    recorder: Recorder | None = None
    """Writes the journal that lasts; `None` keeps none."""
    decisions: Mapping[str, Decided] = field(default_factory=dict[str, Decided])
    """By call id."""
    decided_at: datetime | None = None
    grants: Granting | None = None
    """What a person has allowed beforehand."""
    unknown_outcomes: UnknownOutcomes = field(default_factory=UnknownOutcomes)
    decision_seconds: float | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    waiting: dict[str, CallWaits] = field(default_factory=dict[str, CallWaits])
    """The calls that wait for a decision, by call id."""
    is_sequential: bool = field(init=False)
    """Pydantic AI's run-wide mode: one call at a time."""
    accepted: int = field(init=False, default=0)
    """How many calls code has made."""
    delivered: int = field(init=False, default=0)
    """How many results code was given."""
    unused: Sequence[CallRequest] = field(init=False, default=())
    """Those that ran, and whose results code had not been given when it ended."""
    remarks: CallRemarks = field(init=False, default_factory=CallRemarks)
    _delivered_before: dict[int, int] = field(init=False, default_factory=dict[int, int])
    """Ordinal -> how many results code had been given when it made the call."""
    reusable: ReusableCalls = field(init=False)
    _orders: dict[str, int] = field(default_factory=dict[str, int])

    def __post_init__(self, journaled: JournalState, before: EarlierCalls) -> None:
        self.replay = Replay(cell_id=self.cell_id, journaled=journaled)
        self.reusable = ReusableCalls(
            before, is_read_only=self.catalog.is_read_only, earlier=self.replay.accepted(self.catalog)
        )
        self.journal = CallJournal(self.cell_id)
        self.is_sequential = self.tools.get_parallel_execution_mode() == 'sequential'

    def is_function(self, name: str) -> bool:
        """Whether a bare name that code reads is one of ours."""
        return name in self.catalog.entries or name in self.answerers

    def accept(self, stop: CallStop) -> CallRequest | Settled:
        """The call to run; or its answer, when there is nothing to run: one of our own functions, or a mistake."""
        bound = asked_for(stop, self.catalog, self.answerers)
        if not isinstance(bound, Bound):
            return bound
        if self.accepted >= self.max_tool_calls:
            message = f'this cell has made its {self.max_tool_calls} tool calls; make fewer, or go on in the next cell'
            return RaisedBy('RuntimeError', message)
        self.accepted += 1
        self.remarks.none_left_out(bound.entry.facts.python_name, bound.left_out, stop.line)
        request = CallRequest(
            call_id=call_id(self.cell_id, self.accepted),
            ordinal=self.accepted,
            tool=bound.entry.facts,
            arguments=bound.arguments,
            line=stop.line,
        )
        self._delivered_before[request.ordinal] = self.delivered
        self.replay.compare(request)
        self.reusable.compare(request)
        return request

    def recall(self, calls: Iterable[JournaledCall]) -> None:
        """Note calls of before that the code will not ask for again: those that settled, and those that nobody knows of."""
        for journaled in calls:
            request = self.replay.request(journaled.began.ordinal, self.catalog)
            if request.call_id in self._orders or (journaled.ended is None and journaled.has_not_started):
                continue
            self.journal.start(request)
            if journaled.ended is not None:
                self._recorded(request, journaled.ended, order=journaled.order)
            else:
                self._note(cut_off(request))

    async def run(self, request: CallRequest) -> Settled | CallWaits:
        """Run a call and settle it in the journal; or answer it from there, if it settled before.

        Raises:
            UsageLimitExceeded: As for a direct call.
            StoreError: When the journal cannot be written.
        """
        journaled = self._journaled(request)
        self.journal.start(request)
        self.user_content[request.call_id] = ()
        if journaled is not None and journaled.ended is not None:
            return self._recorded(request, journaled.ended, order=journaled.order)
        if journaled is None and (made := self.reusable.result_of(request)) is not None:
            return await self._reused(request, made)
        waits = journaled.waits if journaled is not None else None
        decided = self._decided(request)
        answered = self._answered(request)
        if answered is not None:
            return self._settle(request, *answered)
        if waits is not None and decided is None:
            return self._wait(request, waits)
        asked = waits.reason if waits is not None else None
        # That a call of unknown outcome is made again answers another question than whether it may be made.
        approved = decided is not None if asked == 'approval' else journaled is not None and journaled.began.approved
        if journaled is not None and waits is None and not self.unknown_outcomes.may_retry(request):
            match await self._resolution(request, journaled):
                case NeedsDecision(metadata=metadata):
                    return await self._begin_to_wait(request, 'unknown', metadata)
                case Resolved(state=state, settled=settled):
                    return self._settle(request, state, settled, looked_up=self.unknown_outcomes.look_up is not None)
                case Decided() as decided:
                    pass  # a look-up says that it is to be made, not that it may be
        changed = changed_arguments(decided, journaled)
        attempt = Attempt(number=next_attempt(journaled), approved=approved, changed=changed)
        return await self._run(request, attempt)

    def refuses(self, request: CallRequest) -> bool:
        """Whether the call waited and gets an exception for an answer, without being made."""
        answered = self._answered(request)
        return answered is not None and isinstance(answered[1], RaisedBy)

    def _decided(self, request: CallRequest) -> Decided | None:
        waits = None if (journaled := self._journaled(request)) is None else journaled.waits
        return self.decisions.get(request.call_id) if self.replay.is_decided(waits) else None

    def _answered(self, request: CallRequest) -> tuple[CallState, Settled] | None:
        """What a call gets that is not made: its decision is a result or a refusal, or did not come in time."""
        journaled, decided = self._journaled(request), self._decided(request)
        until = journaled.waits.until if journaled is not None and journaled.waits is not None else None
        decided_at = self.clock() if decided is None or self.decided_at is None else self.decided_at
        if until is not None and decided_at > until:
            return 'raised', RaisedBy('TimeoutError', f'nobody decided on {request.tool.python_name}() in time')
        return None if decided is None else answer(decided)

    async def _run(self, request: CallRequest, attempt: Attempt) -> Settled | CallWaits:
        with counted(self.tools):  # before it is written down: what a usage limit refuses was not begun
            return await self._run_counted(request, attempt)

    async def _run_counted(self, request: CallRequest, attempt: Attempt) -> Settled | CallWaits:
        self.observe(CallStarted(cell_id=self.cell_id, request=request))
        started = time.perf_counter()
        settled: Settled | None = None
        try:
            await self._write(self._began(request, attempt))
            started = time.perf_counter()  # the store's time is not the tool's
            try:
                called = await self._call_or_granted(request, attempt)
            except (ApprovalRequired, CallDeferred) as error:
                if (settled := asks_too_often(error, request, self._journaled(request))) is not None:
                    return self._settle(request, 'raised', settled)
                reason = 'approval' if isinstance(error, ApprovalRequired) else 'external'
                return await self._begin_to_wait(request, reason, metadata_of(error))
            settled, self.user_content[request.call_id] = called.settled, called.content
            return self._settle(request, called.state, settled, seconds=time.perf_counter() - started, called=called)
        finally:
            if settled is None and not self.journal.is_waiting(request.call_id):
                self._note(cut_off(request, seconds=time.perf_counter() - started))

    async def _call_or_granted(self, request: CallRequest, attempt: Attempt) -> Called:
        try:
            return await self._call(request, attempt)
        except ApprovalRequired:
            if attempt.approved or not await self._is_granted(request):
                raise
            return await self._call(request, replace(attempt, approved=True))

    async def _is_granted(self, request: CallRequest) -> bool:
        key, tool = idempotency_key(self.scope, request.call_id), request.tool.python_name
        with suppress(StoreError):  # nobody knows of a grant then, so a person is asked
            return self.grants is not None and await self.grants.use(
                tool=tool, arguments=request.arguments, cell_id=self.cell_id, key=key
            )
        return False

    async def _call(self, request: CallRequest, attempt: Attempt) -> Called:
        entry = self.catalog.entries.get(request.tool.python_name)
        if entry is None:
            return Called(
                state='raised', settled=RaisedBy('NameError', f'the tool {request.tool.python_name!r} is gone')
            )
        return await call_tool(
            self.tools,
            request,
            entry,
            arguments=request.arguments if attempt.changed is None else attempt.changed,
            approved=attempt.approved,
            about={'idempotency_key': self._key(request), 'attempt': attempt.number},
        )

    def _settle(
        self,
        request: CallRequest,
        state: CallState,
        settled: Settled,
        *,
        seconds: float = 0.0,
        called: Called | None = None,
        looked_up: bool = False,
    ) -> Settled:
        if isinstance(settled, RaisedBy):
            settled = RaisedBy(settled.exception_type, cut(in_utf8(cut(settled.message))))
        self._orders[request.call_id] = max(self.orders(), default=0) + 1
        if self.recorder is not None:
            content = self.user_content[request.call_id]
            ended = entry_of(request, state, settled, content=content, seconds=seconds, at=self.clock())
            self.recorder.write_behind(replace(ended, looked_up=looked_up))  # what has an effect after is written after
        self._note(record_of(request, state, settled, seconds=seconds, called=called))
        return settled

    def _recorded(self, request: CallRequest, ended: CallEnded, *, order: int) -> Settled:
        settled = settled_of(ended)
        if ended.content:
            self.user_content[request.call_id] = content_of(ended)
        self._orders[request.call_id] = order
        self._note(replace(record_of(request, ended.state, settled, seconds=ended.seconds), is_recorded=True))
        return settled

    async def _reused(self, request: CallRequest, made: CallEnded) -> Settled:
        """Give a call the result it had in the failed cell before; the journal has it as if it had been made here."""
        settled = settled_of(made)
        self._orders[request.call_id] = max(self.orders(), default=0) + 1
        began = self._began(request, Attempt(number=0))
        await self._write(began, replace(made, ordinal=request.ordinal, at=began.at))
        self._note(replace(record_of(request, made.state, settled, seconds=made.seconds), is_reused=True))
        return settled

    def _journaled(self, request: CallRequest) -> JournaledCall | None:
        """What is known of a call from before: from this cell's journal, or that of the one that this one corrects."""
        return self.replay.find(request.ordinal) or self.reusable.unknown_outcome(request)

    def _key(self, request: CallRequest) -> str:
        own = None if (journaled := self._journaled(request)) is None else journaled.own_key
        return own or idempotency_key(self.scope, request.call_id)

    def _began(self, request: CallRequest, attempt: Attempt) -> CallBegan:
        journaled = self.replay.find(request.ordinal)
        return CallBegan(
            ordinal=request.ordinal,
            tool=request.tool.python_name,
            arguments=request.arguments,
            line=request.line,
            attempt=attempt.number,
            delivered_before=self._delivered_before[request.ordinal]
            if journaled is None
            else journaled.began.delivered_before,
            at=self.clock(),
            key=self._key(request),
            tool_metadata=tool_metadata(self._journaled(request), attempt.changed),
            approved=attempt.approved,
        )

    def _note(self, record: CallRecord) -> None:
        self.journal.settle(record)
        self.observe(CallSettled(cell_id=self.cell_id, record=record))

    async def _resolution(self, request: CallRequest, journaled: JournaledCall) -> Resolution:
        """What becomes of a call that was under way when its cell was cut off."""
        if self.replay.find(request.ordinal) is None:
            attempt = Attempt(number=journaled.began.attempt, approved=journaled.began.approved)
            await self._write(self._began(request, attempt))
        return await self.unknown_outcomes.of(request, key=self._key(request), noted=journaled.began.tool_metadata)

    async def _begin_to_wait(
        self, request: CallRequest, reason: WaitingReason, metadata: Mapping[str, Any]
    ) -> CallWaits:
        now = self.clock()
        until = None if self.decision_seconds is None else now + timedelta(seconds=self.decision_seconds)
        after = self.replay.journaled.suspended.token if self.replay.journaled.suspended is not None else ''
        waits = CallWaits(ordinal=request.ordinal, reason=reason, metadata=metadata, until=until, at=now, after=after)
        self._wait(request, waits)
        await self._write(waits)
        return waits

    def _wait(self, request: CallRequest, waits: CallWaits) -> CallWaits:
        self.waiting[request.call_id] = waits
        self._note(CallRecord(request=request, state='waiting', is_unknown=waits.reason == 'unknown'))
        return waits

    async def _write(self, *entries: JournalEntry) -> None:
        if self.recorder is not None:
            await self.recorder.write(*entries)

    def order_of(self, request: CallRequest) -> int:
        """Counts the settled calls in the order in which the journal has them."""
        return self._orders[request.call_id]

    def orders(self) -> set[int]:
        """The places of all calls that have settled, in this run and before."""
        return {*self._orders.values(), *self.replay.orders}
