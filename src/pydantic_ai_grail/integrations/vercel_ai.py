"""Code mode behind the Vercel AI SDK, version 6 or newer.

`CodeModeVercelAIAdapter` in the place of Pydantic AI's `VercelAIAdapter` sends each cell that waits as a data part, before
the approval request for it, and takes decisions on its single calls. A plain approval or denial counts for all of them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any, Final, Literal

from pydantic import ValidationError
from pydantic_ai.messages import ModelMessage
from pydantic_ai.output import OutputDataT
from pydantic_ai.run import AgentRunResultEvent
from pydantic_ai.tools import AgentDepsT, DeferredToolRequests, DeferredToolResults, ToolDenied

try:
    from pydantic_ai.ui.vercel_ai import VercelAIAdapter
    from starlette.requests import Request
    from starlette.responses import Response
except ImportError as error:
    raise ImportError("The Vercel AI adapter needs: pip install 'pydantic-ai-grail[vercel-ai]'") from error

from pydantic_ai.ui import NativeEvent, OnCancelFunc, OnCompleteFunc
from pydantic_ai.ui.vercel_ai.request_types import DataUIPart, UIMessage
from pydantic_ai.ui.vercel_ai.response_types import (
    BaseChunk,
    DataChunk,
    ToolApprovalRequestChunk,
    ToolInputAvailableChunk,
    ToolOutputErrorChunk,
)

from .conflicts import Conflicts
from .wire_format import DecisionsData, WaitingCellData, decide_on, waiting_cells

WAITING_CALLS: Final = 'data-waiting-calls'
"""The type of the data part; its id is that of the tool call that asks, its data a `WaitingCellData`."""


@dataclass
class CodeModeVercelAIAdapter(VercelAIAdapter[AgentDepsT, OutputDataT]):
    """Pydantic AI's adapter, with what waits inside of cells.

    In the browser, `data-waiting-calls` parts have the calls. To decide on all of them, answer the approval request as any
    other. To decide on single calls, deny it with the decisions as JSON for a reason, so that a server which does not know
    them does nothing:

    ```javascript
    addToolApprovalResponse({id, approved: false, reason: JSON.stringify({decisions: [
      {wait: call.wait, kind: 'approve'},
      {wait: other.wait, kind: 'deny', message: 'ask the customer first'},
    ]})})
    ```

    Args:
        sdk_version: That of the SDK in the browser.
    """

    _: KW_ONLY
    sdk_version: Literal[5, 6, 7] = 6

    @classmethod
    async def from_request(
        cls, request: Request, *, sdk_version: Literal[5, 6, 7] = 6, **options: Any
    ) -> VercelAIAdapter[AgentDepsT, OutputDataT]:
        """As `VercelAIAdapter.from_request`; version 5 of the SDK, which is the default there, knows no approvals."""
        return await super().from_request(request, sdk_version=sdk_version, **options)

    @classmethod
    async def dispatch_request(cls, request: Request, *, sdk_version: Literal[5, 6, 7] = 6, **options: Any) -> Response:
        """As `VercelAIAdapter.dispatch_request`, for version 6 of the SDK where none is named."""
        return await super().dispatch_request(request, sdk_version=sdk_version, **options)

    @cached_property
    def deferred_tool_results(self) -> DeferredToolResults | None:
        """The answers in the request, those on single calls of a cell among them.

        Raises:
            UserError: When decisions are not of one wait.
        """
        results = super().deferred_tool_results
        for tool_call_id, answer in dict(results.approvals if results is not None else {}).items():
            decisions = _decisions(answer)
            if decisions is not None and results is not None:
                decide_on(results, tool_call_id, decisions.decisions)
        return results

    async def transform_stream(
        self,
        stream: AsyncIterator[NativeEvent],
        on_complete: OnCompleteFunc[BaseChunk] | None = None,
        on_cancel: OnCancelFunc[BaseChunk] | None = None,
    ) -> AsyncIterator[BaseChunk]:
        """The events of a run as chunks, with a data part for each cell that waits."""
        waiting: dict[str, WaitingCellData] = {}
        conflicts = Conflicts()
        begun: list[BaseChunk] = []  # it would take a part back to before its answer: held until the cell continues

        async def watched() -> AsyncIterator[NativeEvent]:
            async for event in conflicts.watch(stream):
                if isinstance(event, AgentRunResultEvent) and isinstance(event.result.output, DeferredToolRequests):
                    waiting.update({cell.tool_call_id: cell for cell in waiting_cells(event.result.output)})
                yield event

        async for chunk in super().transform_stream(watched(), on_complete=on_complete, on_cancel=on_cancel):
            if isinstance(chunk, ToolInputAvailableChunk) and self._is_answered(chunk.tool_call_id):
                begun.append(chunk)
                continue
            if conflicts.are_there:
                begun.clear()
                if isinstance(chunk, ToolOutputErrorChunk) and self._is_answered(chunk.tool_call_id):
                    continue
            for held in begun:
                yield held
            begun.clear()
            if isinstance(chunk, ToolApprovalRequestChunk) and chunk.tool_call_id in waiting:
                yield DataChunk(type=WAITING_CALLS, id=chunk.tool_call_id, data=_dump(waiting[chunk.tool_call_id]))
            yield chunk

    def _is_answered(self, tool_call_id: str) -> bool:
        results = self.deferred_tool_results
        return results is not None and tool_call_id in results.approvals


def dump_messages(
    messages: Sequence[ModelMessage], requests: DeferredToolRequests | None, *, sdk_version: Literal[6, 7] = 6
) -> list[UIMessage]:
    """A stored history for a page that is reloaded, with the data parts of what waits.

    Args:
        messages: The history.
        requests: What the last run ended with, if it waits.
        sdk_version: That of the SDK in the browser.
    """
    dumped = VercelAIAdapter.dump_messages(messages, sdk_version=sdk_version)
    if requests is not None and dumped:
        dumped[-1].parts.extend(
            DataUIPart(type=WAITING_CALLS, id=cell.tool_call_id, data=_dump(cell)) for cell in waiting_cells(requests)
        )
    return dumped


def _dump(cell: WaitingCellData) -> dict[str, Any]:
    return cell.model_dump(mode='json', by_alias=True)


def _decisions(answer: Any) -> DecisionsData | None:
    """The decisions in the reason of a denial; `None` where it is a reason."""
    if not isinstance(answer, ToolDenied) or not answer.message.lstrip().startswith('{'):
        return None
    try:
        return DecisionsData.model_validate_json(answer.message)
    except ValidationError:
        return None
