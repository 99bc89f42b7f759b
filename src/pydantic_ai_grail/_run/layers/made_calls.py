"""Calls that are made: journaled before the tool may have an effect, made, and settled by what came of it.

The last layer of every cell. It answers each call that comes to it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pydantic_ai.exceptions import ApprovalRequired, CallDeferred
from pydantic_ai.tool_manager import ToolManager

from ..._catalog.catalog import Catalog
from ..._journal.pauses import Attempt
from ..._monty.stops import RaisedBy
from ..call_progress import CallProgress
from ..call_records import Called
from ..tool_call import asks_too_often, call_tool, metadata_of
from .call_budget import counted
from .decided_calls import Decisions
from .layer import Answer, Call, Layer


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeCalls(Layer):
    """For every cell."""

    catalog: Catalog
    tools: ToolManager[Any]
    decisions: Decisions
    progress: CallProgress
    is_limited: bool
    """Whether the agent's run has a limit of calls."""

    async def answer(self, call: Call) -> Answer:
        if not self.is_limited:
            return await self._made(call)
        with counted(self.tools):  # before it is written down: what a usage limit refuses was not begun
            return await self._made(call)

    async def _made(self, call: Call) -> Answer:
        progress, request = self.progress, call.request
        progress.announce(request)
        started = time.perf_counter()
        answer: Answer | None = None
        try:
            await progress.begin(call, call.attempt)
            started = time.perf_counter()  # the store's time is not the tool's
            called = await self._called(call)
            if isinstance(called, Called):
                answer = progress.settle(
                    request, called.state, called.settled, seconds=time.perf_counter() - started, called=called
                )
            elif (refusal := asks_too_often(called, request, call.earlier)) is not None:
                answer = progress.settle(request, 'raised', refusal)
            else:
                reason = 'approval' if isinstance(called, ApprovalRequired) else 'external'
                answer = await progress.begin_to_wait(request, reason, metadata_of(called))
            return answer
        finally:
            if answer is None:
                progress.end_early(request, seconds=time.perf_counter() - started)

    async def _changed(self, call: Call, attempt: Attempt, made_with: Mapping[str, Any]) -> None:
        """A handler in the run has approved a call with other arguments, before it is made."""
        await self.progress.begin(call, replace(attempt, changed=made_with))

    async def _called(self, call: Call) -> Called | ApprovalRequired | CallDeferred:
        """What came of a call, or why it has to wait."""
        request, attempt = call.request, call.attempt
        entry = self.catalog.entries.get(request.tool.python_name)
        if entry is None:
            gone = RaisedBy('NameError', f'the tool {request.tool.python_name!r} is gone')
            return Called(state='raised', settled=gone)
        while True:
            try:
                return await call_tool(
                    self.tools,
                    request,
                    entry,
                    arguments=request.args if attempt.changed is None else attempt.changed,
                    approved=attempt.approved,
                    about={'idempotency_key': call.key, 'attempt': attempt.number},
                    on_changed=partial(self._changed, call, attempt),
                )
            except CallDeferred as error:
                return error
            except ApprovalRequired as error:
                if attempt.approved or not await self.decisions.grant(call, cell_id=self.progress.cell_id):
                    return error
            attempt = replace(attempt, approved=True)
