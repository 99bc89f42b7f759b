"""Calls of a cell that is resumed or run again: those that ended are answered from its journal; none may be another one."""

from __future__ import annotations

from dataclasses import dataclass

from ..._journal.replay import Replay
from ...events.calls import CallRequest
from ..call_progress import CallProgress
from .layer import Answer, Call, Layer


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedCalls(Layer):
    """For a cell that has a journal."""

    replay: Replay
    progress: CallProgress

    def note(self, request: CallRequest) -> None:
        self.replay.compare(request)

    async def answer(self, call: Call) -> Answer | None:
        earlier = call.earlier
        if earlier is None or earlier.ended is None:
            return None
        return self.progress.replayed(call.request, earlier.ended, began=earlier.began, order=earlier.order)
