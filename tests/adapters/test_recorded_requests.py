"""What the clients themselves send back: bodies of requests recorded from `ai` 6.0.326 with `@ai-sdk/react` 3.0.328, and from
`@ag-ui/client` 1.0.0, whose agent was the `Office` here. Only the token of the wait is put in anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from adapters.test_front_ends import ASKS, USER, Office, ag_ui, interrupted, vercel
from ag_ui.core import RunAgentInput
from pydantic import TypeAdapter
from pydantic_ai.ui.vercel_ai.request_types import RequestData

from pydantic_ai_grail.integrations.ag_ui import CodeModeAGUIAdapter
from pydantic_ai_grail.integrations.vercel_ai import WAITING_CALLS, CodeModeVercelAIAdapter

pytestmark = pytest.mark.anyio

RECORDED = (Path(__file__).parent / 'recorded_requests.json').read_text()


def recorded(name: str, wait: str) -> Any:
    return json.loads(RECORDED.replace('TOKEN', wait.split('/')[1]))[name]


async def vercel_sends(office: Office, name: str) -> list[dict[str, Any]]:
    asked = next(chunk['data'] for chunk in await vercel(office, [ASKS]) if chunk['type'] == WAITING_CALLS)
    body = TypeAdapter[Any](RequestData).validate_python(recorded(name, asked['calls'][0]['wait']))
    adapter = CodeModeVercelAIAdapter[object, Any](agent=office.agent, run_input=body)
    return [chunk.model_dump(by_alias=True) async for chunk in adapter.run_stream(deps=None)]


async def test_vercel_an_approval_makes_the_calls_and_asks_for_what_is_left() -> None:
    office = Office()
    chunks = await vercel_sends(office, 'vercel approves the cell')
    [left] = [chunk['data']['calls'] for chunk in chunks if chunk['type'] == WAITING_CALLS]
    assert [call['text'] for call in left] == ["fax(number='7')"]
    assert office.paid == [1, 2]


async def test_vercel_decisions_in_the_reason_of_a_denial_are_each_taken() -> None:
    office = Office()
    chunks = await vercel_sends(office, 'vercel decides on each call')
    [error] = [chunk['errorText'] for chunk in chunks if chunk['type'] == 'tool-output-error']
    assert error.startswith('pay(bill=2) was denied: PermissionError: ask first\n')
    assert "fax(number='7') -> 'sent'" in error
    assert office.paid == [1]


async def test_ag_ui_answers_to_all_interrupts_are_each_taken() -> None:
    office = Office()
    [first, *_] = interrupted(await ag_ui(office, [USER]))
    body = RunAgentInput.model_validate(recorded('ag_ui answers each interrupt', first['metadata']['wait']))
    adapter = CodeModeAGUIAdapter[object, Any](agent=office.agent, run_input=body)
    events = [event.model_dump(mode='json', by_alias=True) async for event in adapter.run_stream(deps=None)]
    [result] = [event['content'] for event in events if event['type'] == 'TOOL_CALL_RESULT']
    assert result.startswith('pay(bill=2) was denied: PermissionError: ask first\n')
    assert office.paid == [1]
