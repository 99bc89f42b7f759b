"""Calls that were running when their process ended: whether one is made again, or who is asked, `_journal` decides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

from ..._journal.pauses import Attempt, changed_arguments
from ..._journal.unknown_outcomes import NeedsDecision, Resolved, UnknownOutcomes
from ...events.journal_entries import Decided
from ..call_progress import CallProgress
from .layer import Answer, Call, Layer


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownCalls(Layer):
    """For a cell of whose calls something is journaled."""

    outcomes: UnknownOutcomes
    progress: CallProgress

    async def answer(self, call: Call) -> Answer | None:
        earlier, request = call.earlier, call.request
        if earlier is None or earlier.waits is not None or self.outcomes.may_retry(request):
            return None
        if not call.is_replayed:
            before = Attempt(number=earlier.began.attempt, approved=earlier.began.approved)
            await self.progress.begin(call, before)
        resolution = await self.outcomes.of(request, key=call.key, noted=earlier.began.tool_metadata)
        match resolution:
            case NeedsDecision(metadata=metadata):
                return await self.progress.begin_to_wait(request, 'unknown', metadata)
            case Resolved(state=state, settled=settled):
                looked_up = self.outcomes.look_up is not None
                return self.progress.settle(request, state, settled, looked_up=looked_up)
            case Decided():  # that it is to be made, not that it may be
                call.attempt = replace(call.attempt, changed=changed_arguments(resolution, earlier))
                return None
            case _:
                assert_never(resolution)
