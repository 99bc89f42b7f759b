"""Pydantic AI's own chat page: a cell that waits is approved as a whole, and goes on."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from pydantic_ai import Agent, ApprovalRequired, DeferredToolRequests, RunContext
from support.scripts import scripted_model

from pydantic_ai_grail import CodeMode

pytestmark = pytest.mark.anyio


def parts_of(stream: str) -> list[dict[str, Any]]:
    return [json.loads(line[6:]) for line in stream.splitlines() if line.startswith('data: {')]


async def test_a_cell_is_approved_as_a_whole_and_runs_its_calls_once() -> None:
    refunded: list[int] = []

    async def refund(ctx: RunContext[str], order: int) -> str:
        if order > 1 and not ctx.tool_call_approved:
            raise ApprovalRequired
        refunded.append(order)
        return f'refunded {order}'

    agent = Agent(
        scripted_model('[await refund(1), await refund(2)]'),
        deps_type=str,
        tools=[refund],
        output_type=[str, DeferredToolRequests],
        capabilities=[CodeMode[str](owner=lambda ctx: ctx.deps)],
    )
    transport = httpx.ASGITransport(agent.to_web(deps='me'))
    prompt = {'id': 'm1', 'role': 'user', 'parts': [{'type': 'text', 'text': 'go'}]}
    body: dict[str, Any] = {'id': 'chat 1', 'trigger': 'submit-message', 'messages': [prompt]}
    async with httpx.AsyncClient(transport=transport, base_url='http://localhost') as client:
        asked = parts_of((await client.post('/api/chat', json=body)).text)
        assert refunded == [1]
        request = next(part for part in asked if part['type'] == 'tool-approval-request')
        call = next(part for part in asked if part['type'] == 'tool-input-available')
        answered = {
            'type': 'tool-run_code',
            'toolCallId': call['toolCallId'],
            'state': 'approval-responded',
            'input': call['input'],
            'approval': {'id': request['approvalId'], 'approved': True},
        }
        body['messages'].append({'id': 'm2', 'role': 'assistant', 'parts': [answered]})
        told = parts_of((await client.post('/api/chat', json=body)).text)
    assert next(part['output'] for part in told if part['type'] == 'tool-output-available') == {
        'result': ['refunded 1', 'refunded 2']
    }
    assert refunded == [1, 2]
