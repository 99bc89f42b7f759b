"""Providers that give the same id to one tool call after the other: each is a cell of its own all the same."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai import Agent, ApprovalRequired, DeferredToolRequests, RunContext, Tool
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.run import AgentRunResult

from pydantic_ai_grail import Approve, CodeMode, SqlStore, decide, waiting_calls
from pydantic_ai_grail.approvals import ApprovalGrant
from pydantic_ai_grail.testing import played_cells

pytestmark = pytest.mark.anyio


def forgetful(*cells: str) -> FunctionModel:
    """A model whose provider counts its calls anew in each response."""

    def play(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        played = sum(isinstance(part, ToolCallPart) for message in messages for part in message.parts)
        if played >= len(cells):
            return ModelResponse(parts=[TextPart('done')])
        return ModelResponse(parts=[ToolCallPart('run_code', {'code': cells[played]}, tool_call_id='call_0')])

    return FunctionModel(play)


def till(folder: Path, paid: list[int], *others: Tool[Any]) -> Agent[None, Any]:
    """One process."""

    async def pay(ctx: RunContext[Any], bill: int) -> int:
        if bill > 100 and not ctx.tool_call_approved:
            raise ApprovalRequired
        paid.append(bill)
        return len(paid)

    return Agent(
        tools=[Tool(pay), *others],
        output_type=[str, DeferredToolRequests],
        capabilities=[CodeMode(store=SqlStore(f'sqlite:///{folder}/till.db'))],
    )


def results(result: AgentRunResult[Any]) -> list[Any]:
    return [cell.content['result'] for cell in played_cells(result.all_messages())]


def stored(result: AgentRunResult[Any]) -> list[ModelMessage]:
    return ModelMessagesTypeAdapter.validate_json(result.all_messages_json())


async def test_the_same_code_runs_again(tmp_path: Path) -> None:
    paid: list[int] = []
    once = await till(tmp_path, paid).run('go', model=forgetful('await pay(1)', 'await pay(1)'))
    again = await till(tmp_path, paid).run('more', model=forgetful(*['await pay(1)'] * 4), message_history=stored(once))
    assert results(again) == [1, 2, 3, 4]


async def test_each_waits_and_goes_on_by_itself(tmp_path: Path) -> None:
    paid: list[int] = []
    model = forgetful(*['await pay(500)'] * 3)
    result = await till(tmp_path, paid).run('go', model=model)
    ids: list[str] = []
    while isinstance(result.output, DeferredToolRequests):
        ids += [call.tool_call_id for call in waiting_calls(result.output)]
        result = await till(tmp_path, paid).run(
            model=model, message_history=stored(result), deferred_tool_results=decide(result.output, True)
        )
    assert results(result) == [1, 2, 3]
    assert ids == ['call_0__1', 'call_0~2__1', 'call_0~3__1']


async def test_variables_are_those_of_the_newest(tmp_path: Path) -> None:
    model = forgetful('count = 1', 'count += 1', 'count += 1', 'count')
    assert results(await till(tmp_path, []).run('go', model=model))[-1] == 3


async def test_a_grant_for_a_cell_is_not_for_the_next_one(tmp_path: Path) -> None:
    paid: list[int] = []
    model = forgetful(*['await pay(500)\nawait pay(500)'] * 2)
    asked = await till(tmp_path, paid).run('go', model=model)
    granted = decide(asked.output, Approve(grant=ApprovalGrant(scope='cell')))
    again = await till(tmp_path, paid).run(model=model, message_history=stored(asked), deferred_tool_results=granted)
    assert [call.tool_call_id for call in waiting_calls(again.output)] == ['call_0~2__1']
    assert paid == [500, 500]


async def test_runs_of_one_conversation_without_a_history_run_each_for_itself(tmp_path: Path) -> None:
    paid: list[int] = []
    for _ in range(3):
        result = await till(tmp_path, paid).run('go', model=forgetful('await pay(1)'), conversation_id='A')
    assert results(result) == [3]  # pyright: ignore[reportPossiblyUnboundVariable]


async def test_what_was_cut_off_is_known_whatever_its_id(tmp_path: Path) -> None:
    paid: list[int] = []
    reached = asyncio.Event()

    async def stuck() -> None:
        reached.set()
        await asyncio.sleep(60)

    model = forgetful('await pay(1)\nawait stop()')
    run = asyncio.create_task(
        till(tmp_path, paid, Tool(stuck, name='stop')).run('go', model=model, conversation_id='A')
    )
    await reached.wait()
    run.cancel()
    with suppress(asyncio.CancelledError):
        await run
    again = await till(tmp_path, paid).run('go', model=forgetful('x = await pay(1)\nx'), conversation_id='A')
    assert results(again) == [1]
    assert paid == [1]


async def test_a_history_whose_beginning_was_left_out_leads_to_its_variables(tmp_path: Path) -> None:
    model = forgetful('a = 1', 'a += 1', 'b = a + 40', 'b')
    first = await till(tmp_path, []).run('go', model=model)
    pruned = stored(first)[4:]
    later = await till(tmp_path, []).run('go', model=forgetful('', '', 'b + 1', 'b'), message_history=pruned)
    assert results(later)[-2:] == [43, 42]
