"""The calls of cells through the UI adapters of Pydantic AI as they are: shown, and never sent back as the model's own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage, ToolCallPart, ToolReturnPart
from support.scripts import scripted_model

from tests.support.agents import agent_with

pytestmark = pytest.mark.anyio

THREE = 'a = await double(1)\nb = await double(2)\nawait double(a + b)'


async def double(number: int) -> int:
    """Twice a number."""
    return 2 * number


def agent(**options: Any) -> Agent[None, str]:
    made = agent_with(double, **options)
    made.model = scripted_model(THREE)
    return made


def tools_in(messages: list[ModelMessage]) -> set[str]:
    """The names of the tools that a history has calls and returns of."""
    return {
        part.tool_name
        for message in messages
        for part in message.parts
        if isinstance(part, ToolCallPart | ToolReturnPart)
    }


async def test_vercel_has_them_as_data_parts_before_the_cell_ends() -> None:
    vercel = pytest.importorskip('pydantic_ai.ui.vercel_ai')
    body = {
        'trigger': 'submit-message',
        'id': 'chat',
        'messages': [{'id': 'm', 'role': 'user', 'parts': [{'type': 'text', 'text': 'go'}]}],
    }
    adapter = vercel.VercelAIAdapter(
        agent=agent(), run_input=vercel.VercelAIAdapter.build_run_input(json.dumps(body).encode())
    )
    chunks = [chunk.model_dump(by_alias=True, mode='json') async for chunk in adapter.run_stream()]
    kinds = [chunk['type'] for chunk in chunks]
    ours = [chunk for chunk in chunks if chunk['type'].startswith('data-code_mode.')]
    assert [chunk['type'].partition('.')[2] for chunk in ours] == ['call', 'call_result'] * 3
    assert kinds.index('tool-output-available') > max(kinds.index(chunk['type']) for chunk in ours)
    first, back = ours[0]['data'], ours[1]['data']
    [cell] = {chunk['toolCallId'] for chunk in chunks if chunk['type'] == 'tool-output-available'}
    assert first == {
        'cell_id': cell,
        'tool_call_id': f'{cell}__1',
        'tool_name': 'double',
        'args': {'number': 1},
        'line': 1,
    }
    assert {name: back[name] for name in ('cell_id', 'tool_call_id', 'tool_name', 'outcome', 'content', 'source')} == {
        'cell_id': cell,
        'tool_call_id': f'{cell}__1',
        'tool_name': 'double',
        'outcome': 'success',
        'content': 2,
        'source': 'tool',
    }


async def test_what_a_vercel_client_sends_back_has_no_calls_that_the_model_did_not_make() -> None:
    vercel = pytest.importorskip('pydantic_ai.ui.vercel_ai')
    parts = [
        {'type': 'step-start'},
        {
            'type': 'tool-run_code',
            'toolCallId': 'c',
            'state': 'output-available',
            'input': {'code': THREE},
            'output': 12,
        },
        {
            'type': 'data-code_mode.call',
            'data': {'cell_id': 'c', 'tool_call_id': 'c__1', 'tool_name': 'double', 'args': {'number': 1}},
        },
        {
            'type': 'data-code_mode.call_result',
            'data': {'cell_id': 'c', 'tool_call_id': 'c__1', 'tool_name': 'double', 'content': 2},
        },
        {'type': 'text', 'text': 'done'},
    ]
    body = {'trigger': 'submit-message', 'id': 'chat', 'messages': [{'id': 'm', 'role': 'assistant', 'parts': parts}]}
    run_input = vercel.VercelAIAdapter.build_run_input(json.dumps(body).encode())
    assert tools_in(vercel.VercelAIAdapter.load_messages(run_input.messages)) == {'run_code'}


async def test_ag_ui_has_them_as_custom_events_before_the_cell_ends() -> None:
    pytest.importorskip('ag_ui')
    from pydantic_ai.ui.ag_ui import AGUIAdapter

    body = {
        **{'threadId': 't', 'runId': 'r', 'state': None, 'tools': [], 'context': [], 'forwardedProps': None},
        'messages': [{'id': 'm', 'role': 'user', 'content': 'go'}],
    }
    adapter = AGUIAdapter(agent=agent(), run_input=AGUIAdapter.build_run_input(json.dumps(body).encode()))
    events = [event.model_dump(by_alias=True, mode='json') async for event in adapter.run_stream()]
    kinds = [event['type'] for event in events]
    ours = [event for event in events if event['type'] == 'CUSTOM']
    assert [event['name'] for event in ours] == ['code_mode.call', 'code_mode.call_result'] * 3
    assert [event['value']['tool_name'] for event in ours] == ['double'] * 6
    assert kinds.count('TOOL_CALL_RESULT') == 1
    assert kinds.index('TOOL_CALL_RESULT') > max(number for number, kind in enumerate(kinds) if kind == 'CUSTOM')


async def test_tool_events_do_not_fit_a_chat_with_ag_ui() -> None:
    """Why they are not the default: the results come without their calls, and a history with such is refused."""
    pytest.importorskip('ag_ui')
    from ag_ui.core import AssistantMessage, ToolMessage
    from pydantic_ai.ui.ag_ui import AGUIAdapter

    sent_back = [AssistantMessage(id='a', content=None), ToolMessage(id='t', content='2', tool_call_id='c__1')]
    with pytest.raises(ValueError, match='Tool call with ID c__1 not found in the history'):
        AGUIAdapter.load_messages(sent_back)


async def test_none_keeps_a_front_end_from_seeing_what_code_does() -> None:
    vercel = pytest.importorskip('pydantic_ai.ui.vercel_ai')
    body = {
        'trigger': 'submit-message',
        'id': 'chat',
        'messages': [{'id': 'm', 'role': 'user', 'parts': [{'type': 'text', 'text': 'go'}]}],
    }
    run_input = vercel.VercelAIAdapter.build_run_input(json.dumps(body).encode())
    adapter = vercel.VercelAIAdapter(agent=agent(events='none'), run_input=run_input)
    assert [chunk async for chunk in adapter.run_stream() if chunk.type.startswith('data-')] == []
