"""Providers that give the same id to one tool call after the other: each is a cell of its own all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic_ai import Agent, ApprovalRequired, DeferredToolRequests, RunContext, Tool
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.run import AgentRunResult

from pydantic_ai_grail import Approve, CodeMode, SqlStore, decide, waiting_calls
from pydantic_ai_grail.testing.scripted import played_cells
from pydantic_ai_grail.waiting import Grant

pytestmark = pytest.mark.anyio


def forgetful(*cells: str) -> FunctionModel:
    """A model whose provider counts its calls anew in each response."""

    def play(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        played = sum(isinstance(part, ToolCallPart) for message in messages for part in message.parts)
        if played >= len(cells):
            return ModelResponse(parts=[TextPart('done')])
        return ModelResponse(parts=[ToolCallPart('run_code', {'code': cells[played]}, tool_call_id='call_0')])

    return FunctionModel(play)


def till(folder: Path, paid: list[int]) -> Agent[None, Any]:
    """One process."""

    async def pay(ctx: RunContext[Any], bill: int) -> int:
        if bill > 100 and not ctx.tool_call_approved:
            raise ApprovalRequired
        paid.append(bill)
        return len(paid)

    return Agent(
        tools=[Tool(pay)],
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
        ids += [call.id for call in waiting_calls(result.output)]
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
    granted = decide(asked.output, Approve(grant=Grant(scope='cell')))
    again = await till(tmp_path, paid).run(model=model, message_history=stored(asked), deferred_tool_results=granted)
    assert [call.id for call in waiting_calls(again.output)] == ['call_0~2__1']
    assert paid == [500, 500]
