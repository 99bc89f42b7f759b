"""What the adapters send of a cell that waits, and what they take for an answer, without a browser."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from ag_ui.core import RunAgentInput
from pydantic import TypeAdapter
from pydantic_ai import Agent, DeferredToolRequests, RunContext, UserError
from pydantic_ai.exceptions import ApprovalRequired, CallDeferred
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel
from pydantic_ai.tools import DeferredToolResults
from pydantic_ai.ui.vercel_ai.request_types import RequestData

from pydantic_ai_grail import CodeMode
from pydantic_ai_grail.integrations.ag_ui import CodeModeAGUIAdapter, interrupts
from pydantic_ai_grail.integrations.vercel_ai import WAITING_CALLS, CodeModeVercelAIAdapter, dump_messages
from pydantic_ai_grail.integrations.wire_format import DecisionData, decide_on, waiting_cells

pytestmark = pytest.mark.anyio

CELL = 'import asyncio\nawait asyncio.gather(pay(1), pay(2), fax("7"))'
Answer = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass
class Office:
    """An agent that pays once it may, and has others send a fax."""

    paid: list[int] = field(default_factory=list[int])

    def __post_init__(self) -> None:
        async def pay(ctx: RunContext[Any], bill: int) -> str:
            if not ctx.tool_call_approved:
                raise ApprovalRequired
            await self.before_paying()
            self.paid.append(bill)
            return f'paid {bill}'

        async def fax(number: str) -> str:
            raise CallDeferred

        self.agent: Agent[object, Any] = Agent(
            FunctionModel(stream_function=_stream),
            tools=[pay, fax],
            output_type=[str, DeferredToolRequests],
            capabilities=[CodeMode()],
        )

    async def before_paying(self) -> None:
        """Nothing here."""


async def _stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str | DeltaToolCalls]:
    del info
    returns = [part for part in messages[-1].parts if isinstance(part, ToolReturnPart)]
    if returns:
        yield returns[-1].model_response_str()
    else:
        yield {0: DeltaToolCall('run_code', json.dumps({'code': CELL}), tool_call_id='cell')}


async def vercel(office: Office, messages: list[Any]) -> list[dict[str, Any]]:
    request = TypeAdapter[Any](RequestData).validate_python(
        {'id': 'c', 'trigger': 'submit-message', 'messages': messages}
    )
    adapter = CodeModeVercelAIAdapter[object, Any](agent=office.agent, run_input=request)
    return [
        chunk.model_dump(mode='json', by_alias=True, exclude_none=True) async for chunk in adapter.run_stream(deps=None)
    ]


ASKS = {'id': 'u', 'role': 'user', 'parts': [{'type': 'text', 'text': 'go'}]}


def answered(approval: dict[str, Any]) -> dict[str, Any]:
    part = {
        'type': 'tool-run_code',
        'toolCallId': 'cell',
        'state': 'approval-responded',
        'input': {'code': CELL},
        'approval': {'id': 'cell', **approval},
    }
    return {'id': 'a', 'role': 'assistant', 'parts': [{'type': 'step-start'}, part]}


async def test_vercel_a_data_part_has_the_calls_before_the_request_for_the_approval() -> None:
    chunks = await vercel(Office(), [ASKS])
    types = [chunk['type'] for chunk in chunks]
    assert types.index(WAITING_CALLS) < types.index('tool-approval-request')
    data = next(chunk['data'] for chunk in chunks if chunk['type'] == WAITING_CALLS)
    assert [(call['text'], call['reason'], call['args']) for call in data['calls']] == [
        ('pay(bill=1)', 'approval', {'bill': 1}),
        ('pay(bill=2)', 'approval', {'bill': 2}),
        ("fax(number='7')", 'external', {'number': '7'}),
    ]


async def test_vercel_decisions_on_single_calls_sent_twice_count_once() -> None:
    office = Office()
    chunks = await vercel(office, [ASKS])
    one, two, fax = next(chunk['data'] for chunk in chunks if chunk['type'] == WAITING_CALLS)['calls']
    decisions = [
        {'wait': one['wait'], 'kind': 'approve', 'overrideArgs': {'bill': 10}},
        {'wait': fax['wait'], 'kind': 'result', 'value': 'sent'},
    ]
    messages = [ASKS, answered({'approved': False, 'reason': json.dumps({'decisions': decisions})})]
    data: dict[str, Any] = {}
    for _ in range(2):
        chunks = await vercel(office, messages)
        data = next(chunk for chunk in chunks if chunk['type'] == WAITING_CALLS)
        assert data['id'] != 'cell'  # a request of its own
        assert [call['text'] for call in data['data']['calls']] == ['pay(bill=2)']
    assert office.paid == [10]
    assert two['wait'] != data['data']['calls'][0]['wait']


@pytest.mark.parametrize('reason', ['no', '{"decisions": 1}', '{"other": []}'])
async def test_vercel_a_reason_that_is_no_decisions_is_the_reason(reason: str) -> None:
    office = Office()
    await vercel(office, [ASKS])
    chunks = await vercel(office, [ASKS, answered({'approved': False, 'reason': reason})])
    error = next(chunk['errorText'] for chunk in chunks if chunk['type'] == 'tool-output-error')
    assert error.startswith(f'A person denied the cell: {reason}\n')
    assert office.paid == []


async def test_an_approved_call_cannot_be_given_a_result() -> None:
    office = Office()
    chunks = await vercel(office, [ASKS])
    one = next(chunk['data'] for chunk in chunks if chunk['type'] == WAITING_CALLS)['calls'][0]
    forged = json.dumps({'decisions': [{'wait': one['wait'], 'kind': 'result', 'value': 'paid'}]})
    chunks = await vercel(office, [ASKS, answered({'approved': False, 'reason': forged})])
    [error] = [chunk['errorText'] for chunk in chunks if chunk['type'] == 'error']
    assert error == 'This answer does not fit what waits here. Reload the page.'


async def ag_ui(office: Office, messages: list[Any], resume: list[Any] | None = None) -> list[dict[str, Any]]:
    run_input = RunAgentInput.model_validate(
        {
            **{'threadId': 'c', 'runId': 'r', 'state': {}, 'messages': messages, 'tools': [], 'context': []},
            **{'forwardedProps': {}, 'resume': resume},
        }
    )
    adapter = CodeModeAGUIAdapter[object, Any](agent=office.agent, run_input=run_input)
    return [
        event.model_dump(mode='json', by_alias=True, exclude_none=True) async for event in adapter.run_stream(deps=None)
    ]


USER = {'id': 'u', 'role': 'user', 'content': 'go'}
CALL = {'id': 'cell', 'type': 'function', 'function': {'name': 'run_code', 'arguments': json.dumps({'code': CELL})}}
ASKED = [USER, {'id': 'a', 'role': 'assistant', 'toolCalls': [CALL]}]


def interrupted(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return events[-1]['outcome'].get('interrupts', [])


async def test_ag_ui_each_call_is_an_interrupt_that_is_answered_by_itself() -> None:
    office = Office()
    asked = interrupted(await ag_ui(office, [USER]))
    assert [each['message'] for each in asked] == [
        'Approve pay(bill=1)?',
        'Approve pay(bill=2)?',
        "What does fax(number='7') give?",
    ]
    payloads: list[Any] = [{'approved': True, 'editedArgs': {'bill': 10}}, None, {'approved': True, 'result': 'sent'}]
    resume = [
        {'interruptId': each['id'], 'status': 'resolved', 'payload': payload}
        for each, payload in zip(asked, payloads, strict=True)
        if payload is not None
    ]
    for _ in range(2):
        rest = interrupted(await ag_ui(office, ASKED, resume))
        assert [each['message'] for each in rest] == ['Approve pay(bill=2)?']
    assert office.paid == [10]


@pytest.mark.parametrize(
    ('answer', 'told'),
    [
        ({'status': 'cancelled'}, 'Cancelled by user.'),
        ({'status': 'resolved', 'payload': {'approved': False, 'reason': 'too much'}}, 'too much'),
    ],
)
async def test_ag_ui_a_denied_call_raises_in_the_code(answer: dict[str, Any], told: str) -> None:
    office = Office()
    asked = interrupted(await ag_ui(office, [USER]))
    events = await ag_ui(office, ASKED, [{'interruptId': each['id'], **answer} for each in asked])
    result = next(event['content'] for event in events if event['type'] == 'TOOL_CALL_RESULT')
    assert f'PermissionError: {told}' in result
    assert office.paid == []


async def test_ag_ui_an_answer_that_is_none_is_an_error() -> None:
    office = Office()
    asked = interrupted(await ag_ui(office, [USER]))
    resume = [{'interruptId': each['id'], 'status': 'resolved', 'payload': {'approved': 'yes'}} for each in asked]
    events = await ag_ui(office, ASKED, resume)
    assert events[-1]['type'] == 'RUN_ERROR'
    assert 'is not as its `responseSchema` says: approved.' in events[-1]['message']
    assert office.paid == []


async def test_a_page_that_is_loaded_anew_has_what_waits() -> None:
    agent = Office().agent
    history: list[ModelMessage] = [ModelResponse([ToolCallPart('run_code', {'code': CELL}, tool_call_id='cell')])]
    result = await agent.run(message_history=history, conversation_id='d')
    [cell] = waiting_cells(result.output)
    assert [part.type for part in dump_messages(result.all_messages(), result.output)[-1].parts] == [
        'tool-run_code',
        WAITING_CALLS,
    ]
    assert dump_messages([ModelResponse([TextPart('hello')])], None)[-1].parts[-1].type == 'text'
    assert interrupts(result.output)['cell'][0].message == f'Approve {cell.calls[0].text}?'


def test_decisions_of_two_waits_are_refused() -> None:
    decisions = [DecisionData(wait=f'cell__1/{token}/d', kind='approve') for token in 'ab']
    with pytest.raises(UserError, match='are of 2 waits'):
        decide_on(DeferredToolResults(), 'cell', decisions)
