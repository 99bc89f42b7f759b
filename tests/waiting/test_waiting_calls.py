"""What a host sees of a call that waits."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import BaseModel, TypeAdapter
from pydantic_ai import (
    Agent,
    ApprovalRequired,
    CallDeferred,
    DeferredToolRequests,
    DeferredToolResults,
    RunContext,
)
from pydantic_ai.messages import ToolCallPart
from pydantic_ai.run import AgentRunResult
from support.scripts import scripted_model
from support.till import Till, as_stored

from pydantic_ai_grail import Approve, CodeMode, SqlStore, decide, waiting_calls
from pydantic_ai_grail.approvals import ApprovalGrant, ProvideResult
from pydantic_ai_grail.errors import DecisionError
from pydantic_ai_grail.testing import played_cells

pytestmark = pytest.mark.anyio

EDITED: dict[str, Any] = {
    **{'id': 'c__1', 'tool': 'pay', 'arguments': {}, 'exact': '["no", "such"]', 'digest': '', 'reason': 'approval'},
    **{'line': 1, 'key': '', 'metadata': {}, 'until': None, 'wait': ''},
}
BOTH = 'import asyncio\nawait asyncio.gather(pay(20), pay(30))'


def waits(result: AgentRunResult[Any]) -> dict[int, str]:
    return {call.args['bill']: call.wait_id for call in waiting_calls(result.output)}


async def test_a_wait_has_an_id_of_its_own_that_stays_while_others_are_decided_on(tmp_path: Path) -> None:
    till = Till(tmp_path)
    first = await till.waits(BOTH)
    assert len(set(waits(first).values())) == 2
    second = await till.goes_on(first, lambda call: True if call.args['bill'] == 20 else None)
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
    assert call.args == {'amount': Decimal('99.50'), 'days': {date(2026, 11, 20)}}
    assert call.args['amount'] < 100  # text would be larger, or no comparison at all
    answers = decide(stored_requests, Approve(override_args={**call.args, 'amount': Decimal(90)}))
    done = await agent.run(message_history=waiting.all_messages(), deferred_tool_results=answers, model=model)
    assert played_cells(done.all_messages())[-1].content == {
        'result': 'paid 90 for 1 days',
        'notes': [
            "A person approved with changes: `pay(amount=99.5, days=['2026-11-20'])` was made as "
            "`pay(amount=90, days=['2026-11-20'])`."
        ],
    }


DESK = """
from decimal import Decimal
made = [await pay(Decimal(n)) for n in (100, 200, 300)]
rate = await fax('rate')
(made, rate * 2, type(rate).__name__)
"""


async def test_decisions_keep_the_types_of_their_values_through_json(tmp_path: Path) -> None:
    paid: list[Decimal] = []

    async def pay(ctx: RunContext[Any], amount: Decimal, note: str = '') -> str:
        if not ctx.tool_call_approved:
            raise ApprovalRequired
        paid.append(amount)
        return f'{amount} {note}'.strip()

    async def fax(number: str) -> str:
        raise CallDeferred

    def process() -> Agent[None, Any]:
        store = SqlStore(f'sqlite:///{tmp_path}/agent.db')
        return Agent(tools=[pay, fax], output_type=[str, DeferredToolRequests], capabilities=[CodeMode(store=store)])

    results = TypeAdapter(DeferredToolResults)

    async def decides(waiting: AgentRunResult[Any], decision: Any) -> AgentRunResult[Any]:
        answers = results.validate_json(results.dump_json(decide(waiting.output, decision)))
        return await process().run(
            message_history=waiting.all_messages(), deferred_tool_results=answers, model=scripted_model(DESK)
        )

    first = await process().run('go', model=scripted_model(DESK))
    granted = await decides(first, Approve(grant=ApprovalGrant(args={'amount': Decimal(200)})))
    assert [call.args['amount'] for call in waiting_calls(granted.output)] == [300]  # 200 was granted
    external = await decides(granted, Approve(override_args={'amount': Decimal('2.50'), 'note': 'rounded'}))
    done = await decides(external, ProvideResult(Decimal('1.10')))
    assert paid == [100, 200, Decimal('2.50')]
    assert played_cells(done.all_messages())[-1].content['result'] == [
        ['100', '200', '2.50 rounded'],
        2.2,
        'Decimal',
    ]


async def test_what_is_no_plain_data_goes_as_pydantic_puts_it_into_json() -> None:
    async def fax(number: str) -> str:
        raise CallDeferred

    agent = Agent(tools=[fax], output_type=[str, DeferredToolRequests], capabilities=[CodeMode()])
    model = scripted_model("await fax('1')")
    waiting = await agent.run('go', model=model)
    answers = decide(cast('DeferredToolRequests', waiting.output), ProvideResult(Pages(count=3)))
    done = await agent.run(message_history=waiting.all_messages(), deferred_tool_results=answers, model=model)
    assert played_cells(done.all_messages())[-1].content == {'result': {'count': 3}}


class Pages(BaseModel):
    count: int


@pytest.mark.parametrize('given', ['yes', 1, {'approved': True}])
async def test_what_is_no_decision_is_refused(given: Any, tmp_path: Path) -> None:
    waiting = await Till(tmp_path).waits('await pay(20)')
    [call] = waiting_calls(waiting.output)
    with pytest.raises(DecisionError) as refused:
        decide(waiting.output, {call.tool_call_id: given})
    assert str(refused.value) == (
        f'the decision on pay() ({call.tool_call_id}) is Approve(), Deny(), ProvideResult(), RaiseError(), ToolApproved(), ToolDenied(), True, False, or None for later; '
        f'got {given!r}.'
    )


@pytest.mark.parametrize(
    ('decision', 'why'),
    [
        (
            Approve(override_args={'bill': 'twenty'}),
            r'Approve\(override_args=...\) for pay\(\) gives all its arguments, and these are not right: bill: Input should be '
            r'a valid integer, unable to parse string as an integer. Nothing was used; decide again.',
        ),
        (Approve(override_args={}), r'these are not right: bill: Field required. Nothing was used'),
        (
            Approve(grant=ApprovalGrant(args={'bil': 20})),
            r"would allow nothing, for it has no parameter 'bil'. It takes: bill. Nothing was used; decide again.",
        ),
    ],
)
async def test_a_decision_that_cannot_be_carried_out_is_refused_and_the_call_goes_on_waiting(
    decision: Approve, why: str, tmp_path: Path
) -> None:
    till = Till(tmp_path)
    waiting = await till.waits('await pay(20)')
    with pytest.raises(DecisionError, match=why):
        await till.goes_on(waiting, decision)
    assert till.paid == []
    done = await till.goes_on(waiting, Approve(override_args={'bill': 21}))
    assert played_cells(done.all_messages())[-1].content['result'] == 'paid 21'


async def test_requests_that_somebody_edited_are_told() -> None:
    requests = DeferredToolRequests(
        approvals=[ToolCallPart('run_code', {'code': 'x'}, 'c')],
        metadata={'c': {'code_mode': {'token': '', 'code': 'x', 'calls': [EDITED]}}},
    )
    with pytest.raises(DecisionError, match='are not as the agent gave them'):
        waiting_calls(requests)
