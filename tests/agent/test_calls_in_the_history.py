"""The calls of cells in the message history, under the names that readers of code mode's histories know."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, cast

import pytest
from inline_snapshot import snapshot
from pydantic_ai import Agent, Tool, capture_run_messages
from pydantic_ai.exceptions import ModelRetry, UsageLimitExceeded
from pydantic_ai.messages import (
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelRequest,
    ToolCallPart,
    ToolReturn,
    ToolReturnPart,
)
from pydantic_ai.tools import DeferredToolRequests
from pydantic_ai.toolsets import FunctionToolset
from pydantic_ai.usage import UsageLimits
from support.scripts import scripted_model

from pydantic_ai_grail import CodeMode, CodeModeToolset, Deny, SettingsError, decide
from pydantic_ai_grail.events.run_code_part import RunCodeCallPart
from pydantic_ai_grail.integrations.wire_format import waiting_cells
from tests.support.agents import agent_with, turn

pytestmark = pytest.mark.anyio


async def price(part: str) -> Decimal:
    """What a part costs."""
    if part == 'none':
        raise ModelRetry('There is no such part.')
    return Decimal('1.50')


async def orders(since: date) -> list[dict[str, int]]:
    """The orders since a day."""
    return [{'year': since.year, 'order': number} for number in range(1_000)]


async def label(text: str) -> ToolReturn[str]:
    """Print a label."""
    return ToolReturn(text.upper(), metadata={'printer': 'p1'})


def returns(messages: list[ModelMessage]) -> list[ToolReturnPart[Any]]:
    """What came back for cells."""
    return [part for message in messages for part in message.parts if isinstance(part, ToolReturnPart)]


def noted(part: ToolReturnPart[Any]) -> dict[str, Any]:
    """A return's metadata."""
    return cast('dict[str, Any]', part.metadata)


async def test_a_cell_of_three_calls_has_them_in_its_metadata_under_the_known_names() -> None:
    result = await turn(
        agent_with(price, label), 'a = await price("bolt")\nb = await label(text="a")\nawait price(part="nut")'
    )
    [part] = returns(result.all_messages())
    metadata = noted(part)
    assert [*metadata] == ['code_mode', 'tool_calls', 'tool_returns', 'grail']
    assert metadata['code_mode'] is True
    id = part.tool_call_id
    assert metadata['tool_calls'] == {
        f'{id}__1': ToolCallPart('price', {'part': 'bolt'}, f'{id}__1'),
        f'{id}__2': ToolCallPart('label', {'text': 'a'}, f'{id}__2'),
        f'{id}__3': ToolCallPart('price', {'part': 'nut'}, f'{id}__3'),
    }
    back: dict[str, ToolReturnPart[Any]] = metadata['tool_returns']
    assert [(key, item.tool_name, item.content, item.outcome, item.metadata) for key, item in back.items()] == [
        (f'{id}__1', 'price', '1.50', 'success', None),
        (f'{id}__2', 'label', 'A', 'success', {'printer': 'p1'}),
        (f'{id}__3', 'price', '1.50', 'success', None),
    ]


async def test_the_history_after_json_says_the_same() -> None:
    """As in the other code mode, parts in metadata are plain data after JSON."""
    result = await turn(agent_with(price), 'await price("bolt")')
    loaded = ModelMessagesTypeAdapter.validate_json(result.all_messages_json())
    [part] = returns(loaded)
    id = part.tool_call_id
    call, back = noted(part)['tool_calls'][f'{id}__1'], noted(part)['tool_returns'][f'{id}__1']
    assert {name: call[name] for name in ('tool_name', 'args', 'tool_call_id', 'part_kind')} == {
        'tool_name': 'price',
        'args': {'part': 'bolt'},
        'tool_call_id': f'{id}__1',
        'part_kind': 'tool-call',
    }
    assert (back['content'], back['outcome'], back['part_kind']) == ('1.50', 'success', 'tool-return')


async def test_run_code_is_known_by_its_kind_and_by_a_typed_part_also_after_json() -> None:
    result = await turn(agent_with(price), 'await price("bolt")')
    for messages in (result.all_messages(), ModelMessagesTypeAdapter.validate_json(result.all_messages_json())):
        [call] = [part for message in messages for part in message.parts if isinstance(part, RunCodeCallPart)]
        assert call.code == 'await price("bolt")'
        assert [call.tool_kind, *[part.tool_kind for part in returns(messages)]] == ['code_mode.run_code'] * 2


async def test_the_typed_part_is_that_of_the_other_code_mode_where_both_are_installed() -> None:
    peer = pytest.importorskip('pydantic_ai_harness.code_mode')
    assert RunCodeCallPart is peer.RunCodeCallPart


async def test_a_call_that_raised_has_no_return_and_one_that_was_denied_says_so() -> None:
    async def pay(amount: int) -> str:
        return 'paid'

    agent = Agent(
        tools=[price, Tool(pay, requires_approval=True)],
        capabilities=[CodeMode()],
        output_type=[str, DeferredToolRequests],
    )
    cell = (
        'try:\n    await price("none")\nexcept RuntimeError:\n    pass\n'
        'try:\n    await pay(amount=3)\nexcept PermissionError:\n    pass'
    )
    model = scripted_model(cell)
    first = await agent.run('go', model=model)
    assert isinstance(first.output, DeferredToolRequests)
    results = decide(first.output, lambda _: Deny('Not today.'))
    second = await agent.run(model=model, message_history=first.all_messages(), deferred_tool_results=results)
    [part] = returns(second.all_messages())
    id = part.tool_call_id
    assert [*noted(part)['tool_calls']] == [f'{id}__1', f'{id}__2']
    [(key, back)] = noted(part)['tool_returns'].items()
    assert (key, back.outcome, back.content) == (f'{id}__2', 'denied', 'Not today.')


async def test_a_failed_cell_has_its_calls_too_once_the_model_was_asked_again() -> None:
    result = await turn(agent_with(price), 'await price("bolt")\n1 / 0', 'nothing_there')
    failed, refused = returns(ModelMessagesTypeAdapter.validate_json(result.all_messages_json()))
    assert [failed.outcome, refused.outcome] == ['failed', 'failed']
    assert [*noted(failed)] == ['code_mode', 'tool_calls', 'tool_returns', 'grail_outcome']
    assert [*noted(failed)['tool_calls']] == [*noted(failed)['tool_returns']] == [f'{failed.tool_call_id}__1']
    assert (noted(failed)['grail_outcome'], noted(refused)['grail_outcome']) == ('failed', 'refused')
    assert noted(refused) == {'code_mode': True, 'tool_calls': {}, 'tool_returns': {}, 'grail_outcome': 'refused'}


async def test_a_failed_cell_has_its_calls_where_a_limit_ends_the_run_after_it() -> None:
    with capture_run_messages() as messages, pytest.raises(UsageLimitExceeded):
        await agent_with(price).run(
            'go', model=scripted_model('await price("bolt")\n1 / 0'), usage_limits=UsageLimits(request_limit=1)
        )
    [failed] = returns(messages)
    assert [*noted(failed)['tool_calls']] == [f'{failed.tool_call_id}__1']


async def test_what_is_long_is_cut_to_the_bound() -> None:
    result = await turn(
        agent_with(orders, max_call_chars=200), 'import datetime\nx = await orders(datetime.date(2026, 1, 2))\nlen(x)'
    )
    [part] = returns(result.all_messages())
    [back] = noted(part)['tool_returns'].values()
    assert part.content == {'result': 1000}
    assert back.content == snapshot(
        [
            {'year': 2026, 'order': 0},
            {'year': 2026, 'order': 1},
            {'year': 2026, 'order': 2},
            {'year': 2026, 'order': 3},
            {'year': 2026, 'order': 4},
            {'year': 2026, 'order': 5},
            {'year': 2026, 'order': 6},
            {'year': 2026, 'order': 7},
            {'year': 2026, 'order': 8},
            '… 991 more items',
        ]
    )
    [call] = noted(part)['tool_calls'].values()
    assert call.args == {'since': '2026-01-02'}


async def test_the_bound_has_a_least_value() -> None:
    with pytest.raises(SettingsError, match='max_call_chars must be a whole number of at least 100, got 5'):
        CodeMode(max_call_chars=5)


async def test_calls_through_the_toolset_are_there_as_well() -> None:
    agent = Agent(toolsets=[CodeModeToolset(FunctionToolset[object]([price]))])
    result = await agent.run('go', model=scripted_model('await price("bolt")\n1 / 0'))
    [part] = returns(result.all_messages())
    assert [*noted(part)['tool_returns']] == [f'{part.tool_call_id}__1']


async def test_a_history_from_before_keeps_its_state() -> None:
    """There the name of the state stood where the mark of code mode stands now."""
    agent = agent_with(price)
    first = await turn(agent, 'kept = await price("bolt")')
    messages = first.all_messages()
    for message in messages:
        if isinstance(message, ModelRequest):
            message.parts = [as_before(part) if isinstance(part, ToolReturnPart) else part for part in message.parts]
    second = await turn(agent, 'kept', history=messages)
    assert returns(second.new_messages())[-1].content == {'result': 1.5}


def as_before(part: ToolReturnPart[Any]) -> ToolReturnPart[Any]:
    """A cell's return as it was made before calls were in it."""
    return ToolReturnPart(part.tool_name, part.content, part.tool_call_id, metadata={'code_mode': noted(part)['grail']})


@pytest.mark.parametrize('amount', ['10.50', '7', '1E+3', '0.1', '1234567890.123456789012345', '-0.00'])
async def test_a_decimal_reads_the_same_while_its_call_waits_and_afterwards(amount: str) -> None:
    async def pay(lines: list[dict[str, Decimal]]) -> Decimal:
        return lines[0]['amount']

    cell = f"from decimal import Decimal\nawait pay([{{'amount': Decimal('{amount}')}}])"
    agent: Agent[None, Any] = Agent(
        scripted_model(cell),
        tools=[Tool(pay, requires_approval=True)],
        output_type=[str, DeferredToolRequests],
        capabilities=[CodeMode()],
    )
    waiting = await agent.run('go')
    assert isinstance(waiting.output, DeferredToolRequests)
    [shown] = waiting_cells(waiting.output)[0].calls
    answers = decide(waiting.output, True)
    done = await agent.run(message_history=waiting.all_messages(), deferred_tool_results=answers)
    metadata = noted(returns(done.all_messages())[-1])
    assert metadata['tool_calls'][shown.tool_call_id].args == shown.args == {'lines': [{'amount': amount}]}
    assert metadata['tool_returns'][shown.tool_call_id].content == amount
