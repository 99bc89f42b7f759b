"""Code mode behind AG-UI, from version 0.1.19 of the protocol, which has interrupts.

`CodeModeAGUIAdapter` in the place of Pydantic AI's `AGUIAdapter` asks with one interrupt for each waiting call, in the words
of the tool, so that a front end that knows interrupts and nothing of cells shows them and answers them one by one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

try:
    from pydantic_ai.ui.ag_ui import AGUIAdapter
except ImportError as error:
    raise ImportError("The AG-UI adapter needs: pip install 'pydantic-ai-grail[ag-ui]'") from error

from ag_ui.core import (
    BaseEvent,
    Interrupt,
    ResumeEntry,
    RunFinishedEvent,
    RunFinishedInterruptOutcome,
    ToolCallResultEvent,
)
from pydantic import ValidationError
from pydantic_ai import UserError
from pydantic_ai.output import OutputDataT
from pydantic_ai.run import AgentRunResultEvent
from pydantic_ai.tools import AgentDepsT, DeferredToolRequests, DeferredToolResults
from pydantic_ai.ui import NativeEvent, OnCancelFunc, OnCompleteFunc

from .conflicts import Conflicts
from .wire_format import ApprovalPayload, DecisionData, WaitingCallData, decide_on, waiting_cells

_PREFIX: Final = 'call:'
_SCHEMA: Final = {
    'type': 'object',
    'properties': {
        'approved': {'type': 'boolean'},
        'editedArgs': {'type': 'object'},
        'reason': {'type': 'string'},
        'result': {},
    },
    'required': ['approved'],
}


@dataclass
class CodeModeAGUIAdapter(AGUIAdapter[AgentDepsT, OutputDataT]):
    """Pydantic AI's adapter, with what waits inside of cells.

    Each interrupt is one call: `message` says it as code, `metadata` has it as data, `toolCallId` is the call's own id. The
    payload that answers it is `{approved, editedArgs?, reason?}`; for a call that somebody else makes, which has
    `metadata.reason == 'external'`, `{approved: true, result}`.
    """

    @cached_property
    def deferred_tool_results(self) -> DeferredToolResults | None:
        """The answers in the request, those on single calls of cells among them.

        Raises:
            UserError: When an answer is not as the interrupt asked for it.
        """
        entries = self.run_input.resume or []
        ours = [entry for entry in entries if entry.interrupt_id.startswith(_PREFIX)]
        if not ours:
            return super().deferred_tool_results
        others = [entry for entry in entries if entry not in ours]
        rest = type(self)(agent=self.agent, run_input=self.run_input.model_copy(update={'resume': others}))
        results = rest.deferred_tool_results or DeferredToolResults()
        cells: dict[str, list[DecisionData]] = {}
        for entry in ours:
            tool_call_id, _, wait = entry.interrupt_id.removeprefix(_PREFIX).partition('//')
            cells.setdefault(tool_call_id, []).append(_decision(entry, wait))
        for tool_call_id, decisions in cells.items():
            decide_on(results, tool_call_id, decisions)
        return results

    async def transform_stream(
        self,
        stream: AsyncIterator[NativeEvent],
        on_complete: OnCompleteFunc[BaseEvent] | None = None,
        on_cancel: OnCancelFunc[BaseEvent] | None = None,
    ) -> AsyncIterator[BaseEvent]:
        """The events of a run, with an interrupt for each waiting call in place of one for its cell."""
        waiting: dict[str, list[Interrupt]] = {}
        conflicts = Conflicts()

        async def watched() -> AsyncIterator[NativeEvent]:
            async for event in conflicts.watch(stream):
                if isinstance(event, AgentRunResultEvent) and isinstance(event.result.output, DeferredToolRequests):
                    waiting.update(interrupts(event.result.output))
                yield event

        async for event in super().transform_stream(watched(), on_complete=on_complete, on_cancel=on_cancel):
            if isinstance(event, RunFinishedEvent) and isinstance(event.outcome, RunFinishedInterruptOutcome):
                open_interrupts = [
                    each
                    for interrupt in event.outcome.interrupts
                    for each in waiting.get(interrupt.tool_call_id or '') or [interrupt]
                ]
                yield event.model_copy(update={'outcome': RunFinishedInterruptOutcome(interrupts=open_interrupts)})
            elif not (
                conflicts.are_there and isinstance(event, ToolCallResultEvent) and self._is_answered(event.tool_call_id)
            ):
                yield event

    def _is_answered(self, tool_call_id: str) -> bool:
        results = self.deferred_tool_results
        return results is not None and tool_call_id in results.approvals


def interrupts(requests: DeferredToolRequests) -> dict[str, list[Interrupt]]:
    """The interrupts for what waits inside of cells, by the tool call that asks: also for a page that is reloaded."""
    return {
        cell.tool_call_id: [_interrupt(call, cell.tool_call_id) for call in cell.calls]
        for cell in waiting_cells(requests)
    }


def _interrupt(call: WaitingCallData, tool_call_id: str) -> Interrupt:
    asks = {
        'approval': f'Approve {call.text}?',
        'external': f'What does {call.text} give?',
        'unknown': f'Did {call.text} take effect? It was interrupted. To approve makes it again.',
    }
    return Interrupt(
        id=f'{_PREFIX}{tool_call_id}//{call.wait}',
        reason='tool_call',
        tool_call_id=call.tool_call_id,
        message=asks[call.reason],
        response_schema=_SCHEMA,
        metadata=call.model_dump(mode='json', by_alias=True),
    )


def _decision(entry: ResumeEntry, wait: str) -> DecisionData:
    if entry.status == 'cancelled':
        return DecisionData(wait=wait, kind='deny', message='Cancelled by user.')
    payload: Any = entry.payload
    try:
        answer = ApprovalPayload.model_validate(payload)
    except ValidationError as error:
        places = ', '.join('.'.join(map(str, each['loc'])) or 'payload' for each in error.errors(include_input=False))
        raise UserError(
            f'The answer to {entry.interrupt_id!r} is not as its `responseSchema` says: {places}.'
        ) from error
    if not answer.approved:
        return DecisionData(wait=wait, kind='deny', message=answer.reason or 'The call was denied.')
    if 'result' in answer.model_fields_set:
        return DecisionData(wait=wait, kind='result', value=answer.result)
    return DecisionData(wait=wait, kind='approve', override_args=answer.edited_args)
