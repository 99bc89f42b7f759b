"""How far the calls of a cell have come: in memory for the reply, in the journal that lasts, and for whoever observes.

Every step of a call is noted here and nowhere else, so that the three say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic_ai.messages import UserContent

from .._journal.pauses import Attempt, tool_metadata
from .._monty.failures import cut
from .._monty.stops import RaisedBy, Settled
from .._monty.values import in_utf8
from ..events.calls import MADE_WITH, CallJournal, CallRecord, CallRequest, CallState
from ..events.cell_events import CallSettled, CallStarted, Observer
from ..events.journal_entries import CallBegan, CallEnded, CallWaits, WaitingReason
from .call_records import Called, content_of, entry_of, interrupted, record_of, settled_of
from .contracts import Recorder
from .layers.layer import Call


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class SettlingOrder:
    """The order in which calls settled, counted from 1. Code gets their results in this order."""

    outstanding: set[int] = field(default_factory=set[int])
    """Places of results that have not come to the driver, with those of the journal of a cell that is resumed."""
    newest: int = 0
    _places: dict[str, int] = field(default_factory=dict[str, int])

    def __contains__(self, call_id: str) -> bool:
        return call_id in self._places

    def add(self, call_id: str) -> None:
        """A call settled."""
        self.newest += 1
        self._places[call_id] = self.newest
        self.outstanding.add(self.newest)

    def replay(self, call_id: str, place: int) -> None:
        """A call settled, as it did before."""
        self._places[call_id] = place

    def arrive(self, call_id: str) -> int:
        """The result of a call has come to the driver: its place."""
        place = self._places[call_id]
        self.outstanding.discard(place)
        return place


@dataclass(slots=True, kw_only=True)
class CallProgress:
    """Lifetime: the cell."""

    cell_id: str
    observe: Observer
    recorder: Recorder | None = None
    """Writes the journal that lasts; `None` keeps none."""
    clock: Callable[[], datetime] = utc_now
    decision_seconds: float | None = None
    """How long decisions are waited for."""
    resumed_from: str = ''
    """The token of the suspension that the cell was resumed from."""
    order: SettlingOrder = field(default_factory=SettlingOrder)
    records: CallJournal = field(init=False)
    user_content: dict[str, Sequence[UserContent]] = field(default_factory=dict[str, Sequence[UserContent]])
    """What tools returned for the model's eyes beside their value, by call id, in the order of the calls."""
    waiting: dict[str, CallWaits] = field(default_factory=dict[str, CallWaits])
    """The calls that wait for a decision, by call id."""
    made_with: dict[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """What a person had calls made with instead of what code gave, by call id."""

    def __post_init__(self) -> None:
        self.records = CallJournal(self.cell_id)

    def start(self, request: CallRequest) -> None:
        """A call is to be answered."""
        self.records.start(request)
        self.user_content[request.tool_call_id] = ()

    def announce(self, request: CallRequest) -> None:
        """A call is to be made."""
        self.observe(CallStarted(cell_id=self.cell_id, request=request))

    async def begin(self, call: Call, attempt: Attempt) -> None:
        """From when this returns the tool may have its effect.

        Raises:
            StoreError: When that could not be written down.
        """
        self._note_change(call.request, attempt.changed)
        if self.recorder is not None:
            await self.recorder.write(self._began(call, attempt))

    def settle(
        self,
        request: CallRequest,
        state: CallState,
        settled: Settled,
        *,
        seconds: float = 0.0,
        called: Called | None = None,
        looked_up: bool = False,
    ) -> Settled:
        """A call has ended: with what its tool gave, if it was `called`, or with what somebody decided or looked up."""
        if isinstance(settled, RaisedBy):
            settled = RaisedBy(settled.exception_type, cut(in_utf8(cut(settled.message))))
        content = () if called is None else called.content
        if content:
            self.user_content[request.tool_call_id] = content
        self.order.add(request.tool_call_id)
        if self.recorder is not None:  # what has an effect after is written after
            ended = entry_of(request, state, settled, content=content, seconds=seconds, at=self.clock())
            self.recorder.write_behind(replace(ended, looked_up=True) if looked_up else ended)
        self._note(record_of(request, state, settled, seconds=seconds, called=called))
        return settled

    def end_early(self, request: CallRequest, *, seconds: float = 0.0) -> None:
        """A call was ended before it settled, and its outcome is unknown."""
        if not self.records.is_waiting(request.tool_call_id):
            self._note(interrupted(request, seconds=seconds))

    async def begin_to_wait(
        self, request: CallRequest, reason: WaitingReason, metadata: Mapping[str, Any]
    ) -> CallWaits:
        """A call waits for a decision from now on.

        Raises:
            StoreError: When that could not be written down.
        """
        now = self.clock()
        until = None if self.decision_seconds is None else now + timedelta(seconds=self.decision_seconds)
        waits = CallWaits(
            ordinal=request.ordinal, reason=reason, metadata=metadata, until=until, at=now, after=self.resumed_from
        )
        self.wait(request, waits)
        if self.recorder is not None:
            await self.recorder.write(waits)
        return waits

    def wait(self, request: CallRequest, waits: CallWaits) -> CallWaits:
        """A call waits for a decision, as the journal has it."""
        self.waiting[request.tool_call_id] = waits
        self._note(CallRecord(request=request, state='waiting', is_unknown=waits.reason == 'unknown'))
        return waits

    def replayed(self, request: CallRequest, ended: CallEnded, *, began: CallBegan, order: int) -> Settled:
        """A call had ended before, as this cell's journal has it."""
        self._note_change(request, began.tool_metadata.get(MADE_WITH))
        settled = settled_of(ended)
        if ended.content:
            self.user_content[request.tool_call_id] = content_of(ended)
        self.order.replay(request.tool_call_id, order)
        self._note(replace(record_of(request, ended.state, settled, seconds=ended.seconds), is_replayed=True))
        return settled

    async def reused(self, call: Call, made: CallEnded, *, made_with: Mapping[str, Any] | None = None) -> Settled:
        """A call gets the result that it had in a cell before; the journal has it as if it had been made here.

        Raises:
            StoreError: When that could not be written down.
        """
        request, settled = call.request, settled_of(made)
        self._note_change(request, made_with)
        self.order.add(request.tool_call_id)
        if self.recorder is not None:
            began = self._began(call, Attempt(number=0, changed=made_with))
            await self.recorder.write(began, replace(made, ordinal=request.ordinal, at=began.at))
        self._note(replace(record_of(request, made.state, settled, seconds=made.seconds), is_reused=True))
        return settled

    def _began(self, call: Call, attempt: Attempt) -> CallBegan:
        request = call.request
        return CallBegan(
            ordinal=request.ordinal,
            tool=request.tool.python_name,
            arguments=request.args,
            line=request.line,
            attempt=attempt.number,
            delivered_before=call.delivered_before,
            at=self.clock(),
            key=call.key,
            tool_metadata=tool_metadata(call.earlier, attempt.changed),
            approved=attempt.approved,
        )

    def _note_change(self, request: CallRequest, made_with: Mapping[str, Any] | None) -> None:
        if made_with is not None:
            self.made_with[request.tool_call_id] = made_with

    def _note(self, record: CallRecord) -> None:
        self.records.settle(record)
        self.observe(CallSettled(cell_id=self.cell_id, record=record))
