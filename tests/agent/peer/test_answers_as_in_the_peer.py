"""What comes of cells that are refused, fail, start anew or end with their workers, in one run and from a spec."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from inline_snapshot import snapshot
from pydantic_ai import Agent
from pydantic_ai.capabilities import HandleDeferredToolCalls
from pydantic_ai.exceptions import ApprovalRequired
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.tools import DeferredToolRequests, DeferredToolResults, RunContext, ToolDenied
from support.agents import agent_with, last, play, turn
from support.scripts import scripted_model

from pydantic_ai_grail import CodeMode
from pydantic_ai_grail.testing import PlayedCell, played_cells

pytestmark = pytest.mark.anyio


def add(a: int, b: int) -> int:
    return a + b


def wire(amount: int) -> str:
    raise ApprovalRequired


async def deny(ctx: RunContext[Any], asked: DeferredToolRequests) -> DeferredToolResults:
    return DeferredToolResults(approvals={call.tool_call_id: ToolDenied('not today') for call in asked.approvals})


async def plays(*cells: tuple[str, bool]) -> list[PlayedCell]:
    """One run with cells that may ask for a restart."""

    def model(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        played = sum(isinstance(message, ModelResponse) for message in messages)
        if played == len(cells):
            return ModelResponse([TextPart('done')])
        code, restart = cells[played]
        return ModelResponse([ToolCallPart('run_code', {'code': code, 'restart': restart})])

    return played_cells((await agent_with(add).run('go', model=FunctionModel(model))).all_messages())


async def test_a_restart_with_a_cell_that_is_refused_forgets_nothing() -> None:
    cells = await plays(('x = 41', False), ('await ad(1, 2)', True), ('x', False), ('y = 1\ny', True), ('x', False))
    assert [cell.outcome != 'completed' for cell in cells] == [False, True, False, False, True]
    assert cells[2].content == {'result': 41}
    assert "There is no name 'x'" in cells[4].content


@pytest.mark.parametrize(
    ('cell', 'told'),
    [
        ('def (', 'Invalid syntax.\nline 1: def (\n'),
        ('await add(a="no number", b=3)', 'add() cannot take a = "no number": Input should be a valid integer'),
        ('await subtract(a=1, b=2)', "There is no name 'subtract'."),
        ('await add(a=1)', "add() also needs 'b' (int).\n"),
    ],
    ids=['syntax', 'argument', 'function', 'missing argument'],
)
async def test_a_wrong_cell_is_told_before_it_runs_also_when_it_is_not_the_first(cell: str, told: str) -> None:
    cells = await play(agent_with(add), cell, 'x = await add(1, 2)', cell, 'x')
    assert cells[0].content == cells[2].content
    assert cells[0].content.startswith(told)
    assert 'Nothing ran: no tool was called, no variable changed.' in cells[0].content
    assert cells[3].content == {'result': 3}


async def test_a_type_error_that_no_tool_is_concerned_with_is_left_to_python() -> None:
    cells = await play(agent_with(add), 'x = 1\n"hello" + 1', 'x')
    assert cells[0].content == snapshot("""\
TypeError: can only concatenate str (not "int") to str
line 2: "hello" + 1
The type check says of this line: Operator `+` is not supported between objects of type `Literal["hello"]` and `Literal[1]`
This cell called no tool.
What the cell assigned before it stopped is kept: `x`. Continue from there.\
""")
    assert cells[1].content == {'result': 1}


async def test_arguments_by_position_are_bound_in_every_cell() -> None:
    cells = await play(agent_with(add), 'await add(1, 2)', 'await add(1, b=2)', 'await add(*[1, 2])')
    assert [cell.content for cell in cells] == [{'result': 3}] * 3


async def test_what_was_printed_before_an_error_is_told() -> None:
    assert last(await turn(agent_with(add), 'print("so far")\n1 / 0')) == snapshot("""\
ZeroDivisionError: division by zero
line 2: 1 / 0
Printed before it stopped:
> so far
This cell called no tool.\
""")


async def test_a_denial_cannot_be_mistaken_for_a_result() -> None:
    agent: Agent[None, str] = Agent(tools=[wire], capabilities=[CodeMode(), HandleDeferredToolCalls(handler=deny)])
    caught = 'try:\n    x = await wire(5)\nexcept PermissionError as error:\n    x = f"caught: {error}"\nx'
    cells = played_cells((await turn(agent, 'await wire(5)', caught)).all_messages())
    assert cells[0].content == snapshot("""\
wire(amount=5) was denied: PermissionError: not today
line 1: await wire(5)
This cell called no other tool.\
""")
    assert cells[1].content == {'result': 'caught: not today'}


async def test_a_run_that_is_cancelled_ends_the_call_under_way_and_the_agent_goes_on() -> None:
    started, ended = asyncio.Event(), asyncio.Event()

    async def waits() -> str:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return 'never'

    agent = agent_with(waits)
    run = asyncio.create_task(turn(agent, 'await waits()'))
    await started.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert ended.is_set()
    assert last(await turn(agent, '1 + 1')) == {'result': 2}


async def test_code_mode_may_be_in_an_agent_spec_or_beside_it() -> None:
    inside = Agent.from_spec({'model': 'test', 'capabilities': ['CodeMode']}, custom_capability_types=[CodeMode])
    beside = Agent.from_spec({'model': 'test'}, capabilities=[CodeMode()])
    for agent in (inside, beside):
        result = await agent.run('go', model=scripted_model('1 + 1'))
        assert last(result) == {'result': 2}
