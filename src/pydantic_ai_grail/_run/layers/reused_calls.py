"""Calls that a failed or an interrupted cell before this one made too: they get the result that they had there."""

from __future__ import annotations

from dataclasses import dataclass

from ..._journal.reuse import ReusableCalls
from ...events.calls import CallRequest
from ..call_progress import CallProgress
from .layer import Answer, Call, Layer


@dataclass(frozen=True, slots=True, kw_only=True)
class ReusedCalls(Layer):
    """For a cell before which there were such calls."""

    reusable: ReusableCalls
    progress: CallProgress

    def note(self, request: CallRequest) -> None:
        self.reusable.compare(request)

    async def answer(self, call: Call) -> Answer | None:
        if call.earlier is not None or (made := self.reusable.result_of(call.request)) is None:
            return None
        return await self.progress.reused(call, made, made_with=self.reusable.made_with(call.request))
