"""Calls that waited for a decision: one that was denied, or given a result, is not made; one without a decision waits on."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from ..._journal.past_calls import PastCalls
from ..._journal.pauses import Attempt, answer, changed_arguments
from ..._journal.replay import next_attempt
from ..._monty.stops import RaisedBy, Settled
from ...errors import StoreError
from ...events.calls import CallRequest, CallState
from ...events.journal_entries import Decided, JournaledCall
from ..call_progress import CallProgress
from ..contracts import Granting
from .layer import Answer, Call, Layer


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """What people have said of the calls of a cell, and what they have allowed beforehand."""

    by_call: Mapping[str, Decided] = field(default_factory=dict[str, Decided])
    """By call id."""
    decided_at: datetime | None = None
    grants: Granting | None = None

    async def grant(self, call: Call, *, cell_id: str) -> bool:
        """Whether a call that needs an approval was allowed beforehand; if so, that is written down as used."""
        if self.grants is None:
            return False
        tool, arguments = call.request.tool.python_name, call.request.args
        with suppress(StoreError):  # no grant can be read then, so a person is asked
            return await self.grants.use(tool=tool, arguments=arguments, cell_id=cell_id, key=call.own_key)
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedCalls(Layer):
    """For a cell of whose calls something is journaled."""

    past: PastCalls
    decisions: Decisions
    progress: CallProgress

    def refuses(self, request: CallRequest) -> bool:
        answered = self._answer_to(request, self.past.find(request))
        return answered is not None and isinstance(answered[1], RaisedBy)

    async def answer(self, call: Call) -> Answer | None:
        earlier = call.earlier
        if earlier is None:
            return None
        if (answered := self._answer_to(call.request, earlier)) is not None:
            return self.progress.settle(call.request, *answered)
        decided, waits = self._decided(call.request, earlier), earlier.waits
        if waits is not None and decided is None:
            return self.progress.wait(call.request, waits)
        # That a call of unknown outcome is made again answers another question than whether it may be made.
        needed_approval = waits is not None and waits.reason == 'approval'
        call.decided = decided
        call.attempt = Attempt(
            number=next_attempt(earlier),
            approved=decided is not None if needed_approval else earlier.began.approved,
            changed=changed_arguments(decided, earlier),
        )
        return None

    def _decided(self, request: CallRequest, earlier: JournaledCall | None) -> Decided | None:
        waits = None if earlier is None else earlier.waits
        return self.decisions.by_call.get(request.tool_call_id) if self.past.replay.is_decided(waits) else None

    def _answer_to(self, request: CallRequest, earlier: JournaledCall | None) -> tuple[CallState, Settled] | None:
        """What a call gets that is not made: its decision is a result or a refusal, or did not come in time."""
        decided = self._decided(request, earlier)
        until = earlier.waits.until if earlier is not None and earlier.waits is not None else None
        clock, decided_at = self.progress.clock, self.decisions.decided_at
        if until is not None and (clock() if decided is None or decided_at is None else decided_at) > until:
            return 'raised', RaisedBy('TimeoutError', f'nobody decided on {request.tool.python_name}() in time')
        return None if decided is None else answer(decided)
