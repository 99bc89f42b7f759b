"""What a host sees of a call that waits."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import TypeAdapter
from pydantic_ai import Agent, ApprovalRequired, DeferredToolRequests, RunContext
from pydantic_ai.messages import ToolCallPart
from pydantic_ai.run import AgentRunResult
from support.till import Till, as_stored

from pydantic_ai_grail import Approve, CodeMode, decide, waiting_calls
from pydantic_ai_grail.errors import DecisionError
from pydantic_ai_grail.testing.scripted import played_cells, scripted_model

pytestmark = pytest.mark.anyio

EDITED: dict[str, Any] = {
    **{'id': 'c__1', 'tool': 'pay', 'arguments': {}, 'exact': '["no", "such"]', 'digest': '', 'reason': 'approval'},
    **{'line': 1, 'key': '', 'metadata': {}, 'until': None, 'wait': ''},
}
BOTH = 'import asyncio\nawait asyncio.gather(pay(20), pay(30))'


def waits(result: AgentRunResult[Any]) -> dict[int, str]:
    return {call.arguments['bill']: call.wait_id for call in waiting_calls(result.output)}


async def test_a_wait_has_an_id_of_its_own_that_stays_while_others_are_decided_on(tmp_path: Path) -> None:
    till = Till(tmp_path)
    first = await till.waits(BOTH)
    assert len(set(waits(first).values())) == 2
    second = await till.goes_on(first, lambda call: True if call.arguments['bill'] == 20 else None)
    assert waits(second) == {30: waits(first)[30]}


async def test_a_call_that_waits_again_waits_under_another_id(tmp_path: Path) -> None:
    till = Till(tmp_path)
    asks = await till.waits('await pay(20)')
    till.opened = asyncio.Event()
    run = asyncio.create_task(till.goes_on(asks))
    await till.reached.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    unknown = await till.agent().run(message_history=as_stored(asks.all_messages()))
    assert [call.reason for call in waiting_calls(unknown.output)] == ['unknown']
    once_more = await till.agent().run(
        message_history=as_stored(asks.all_messages()), deferred_tool_results=decide(unknown.output, lambda call: None)
    )
    assert waits(asks).keys() == waits(unknown).keys()
    assert waits(asks) != waits(unknown) == waits(once_more)


async def test_arguments_keep_their_types_through_json() -> None:
    async def pay(ctx: RunContext[Any], amount: Decimal, days: set[date]) -> str:
        if not ctx.tool_call_approved:
            raise ApprovalRequired
        return f'paid {amount} for {len(days)} days'

    agent = Agent(tools=[pay], output_type=[str, DeferredToolRequests], capabilities=[CodeMode()])
    model = scripted_model(
        "from datetime import date\nfrom decimal import Decimal\nawait pay(Decimal('99.50'), {date(2026, 11, 20)})"
    )
    waiting = await agent.run('go', model=model)
    requests = TypeAdapter(DeferredToolRequests)
    stored_requests = requests.validate_json(requests.dump_json(cast('DeferredToolRequests', waiting.output)))
    [call] = waiting_calls(stored_requests)
    assert call.arguments == {'amount': Decimal('99.50'), 'days': {date(2026, 11, 20)}}
    assert call.arguments['amount'] < 100  # text would be larger, or no comparison at all
    answers = decide(stored_requests, Approve(arguments={**call.arguments, 'amount': Decimal(90)}))
    done = await agent.run(message_history=waiting.all_messages(), deferred_tool_results=answers, model=model)
    assert played_cells(done.all_messages())[-1].content == {'result': 'paid 90 for 1 days'}


async def test_requests_that_somebody_edited_are_told() -> None:
    requests = DeferredToolRequests(
        approvals=[ToolCallPart('run_code', {'code': 'x'}, 'c')],
        metadata={'c': {'code_mode': {'token': '', 'code': 'x', 'calls': [EDITED]}}},
    )
    with pytest.raises(DecisionError, match='are not as the agent gave them'):
        waiting_calls(requests)
