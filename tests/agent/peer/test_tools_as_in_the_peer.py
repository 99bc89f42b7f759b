"""Which tools code can call and by what name, beside those that stay the model's, and as they change in a run."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from inline_snapshot import snapshot
from pydantic_ai import Agent, RunContext, Tool, ToolDefinition
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.models.test import TestModel
from pydantic_ai.toolsets import AbstractToolset, ExternalToolset, FunctionToolset
from support.agents import agent_with, last, play, turn
from support.scripts import scripted_model

from pydantic_ai_grail import CodeMode
from pydantic_ai_grail.testing import played_cells

pytestmark = pytest.mark.anyio


def add(a: int, b: int) -> int:
    return a + b


def greet(name: str, greeting: str = 'Hello') -> str:
    return f'{greeting}, {name}!'


def rain(city: str) -> str:
    return f'rain in {city}'


def snow(city: str) -> str:
    return f'snow in {city}'


def later(x: int) -> str:
    return str(x)


async def listing(*toolsets: AbstractToolset[Any], **options: Any) -> str:
    """The functions as the model is shown them."""
    model = TestModel(call_tools=[])
    await Agent(model, toolsets=toolsets, capabilities=[CodeMode(**options)]).run('go')
    assert model.last_model_request_parameters is not None
    shown = {tool.name: tool.description or '' for tool in model.last_model_request_parameters.function_tools}
    return shown['run_code'].split('```')[1].strip('\n') if '```' in shown['run_code'] else ''


async def test_defaults_count_and_results_of_one_tool_go_to_the_next() -> None:
    cell = 'total = await add(2, b=3)\n[await greet(name=str(total)), await greet("you", "Bye")]'
    assert last(await turn(agent_with(add, greet), cell)) == {'result': ['Hello, 5!', 'Bye, you!']}


async def test_tools_with_names_that_are_no_identifiers_are_all_there() -> None:
    tools = [
        Tool(rain, name='get-weather'),
        Tool(snow, name='get.weather'),
        Tool(rain, name='for'),
        Tool(snow, name='-'),
    ]
    assert await listing(FunctionToolset(tools)) == snapshot("""\
get_weather(city: str) -> str
get_weather_2(city: str) -> str
for_(city: str) -> str
tool_(city: str) -> str\
""")
    agent: Agent[None, str] = Agent(tools=tools, capabilities=[CodeMode()])
    cell = '[await get_weather("A"), await get_weather_2("B"), await for_("C"), await tool_("D")]'
    assert last(await turn(agent, cell)) == {'result': ['rain in A', 'snow in B', 'rain in C', 'snow in D']}


async def test_a_tool_keeps_its_own_name_whichever_other_would_be_called_so() -> None:
    agent: Agent[None, str] = Agent(
        tools=[Tool(snow, name='get-weather'), Tool(rain, name='get_weather')], capabilities=[CodeMode()]
    )
    assert last(await turn(agent, 'await get_weather(city="A")')) == {'result': 'rain in A'}


async def test_records_of_one_name_and_other_fields_are_told_apart() -> None:
    def definition(field: str) -> ToolDefinition:
        address = {'type': 'object', 'properties': {field: {'type': 'string'}}, 'required': [field]}
        schema = {
            'type': 'object',
            '$defs': {'Address': {'title': 'Address', **address}},
            'properties': {'address': {'$ref': '#/$defs/Address'}},
            'required': ['address'],
        }
        return ToolDefinition(name=f'by_{field}', parameters_json_schema=schema)

    assert await listing(ExternalToolset([definition('street'), definition('country')])) == snapshot("""\
Address = {street: str}
AddressInput = {country: str}
by_street(address: Address) -> Any
by_country(address: AddressInput) -> Any\
""")


async def test_without_a_tool_for_code_there_is_still_python() -> None:
    def none(ctx: RunContext[Any], definition: ToolDefinition) -> bool:
        return False

    assert await listing(FunctionToolset([add]), tools=none) == ''
    assert last(await turn(agent_with(add, tools=none), 'sum(range(4))')) == {'result': 6}


async def test_the_choice_of_tools_is_made_anew_in_each_step() -> None:
    steps: set[int] = set()

    def choose(ctx: RunContext[Any], definition: ToolDefinition) -> bool:
        steps.add(ctx.run_step)
        return definition.name == 'add' or ctx.run_step > 1

    cells = await play(agent_with(add, greet, tools=choose), 'await greet(name="A")', 'await greet(name="B")')
    assert [cell.outcome != 'completed' for cell in cells] == [True, False]
    assert cells[1].content == {'result': 'Hello, B!'}
    assert steps == {1, 2, 3}


async def test_a_tool_that_stays_native_is_called_beside_code() -> None:
    def model(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        assert {tool.name for tool in info.function_tools} == {'greet', 'run_code'}
        if len(messages) > 1:
            return ModelResponse([TextPart('done')])
        return ModelResponse(
            [ToolCallPart('greet', {'name': 'A'}), ToolCallPart('run_code', {'code': 'await add(1, 2)'})]
        )

    result = await agent_with(add, greet, tools=['add']).run('go', model=FunctionModel(model))
    parts = [part for part in result.all_messages()[2].parts if isinstance(part, ToolReturnPart)]
    assert [(part.tool_name, part.content) for part in parts] == [('greet', 'Hello, A!'), ('run_code', {'result': 3})]


async def test_a_tool_that_came_after_a_refused_cell_can_be_called_and_variables_are_still_there() -> None:
    toolset = FunctionToolset([add])
    cells = iter(['x = await add(1, 2)', 'await later(x=x)', 'await later(x=x)'])

    def model(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if len(messages) == 3:
            toolset.add_function(later)
        code = next(cells, None)
        return ModelResponse([TextPart('done') if code is None else ToolCallPart('run_code', {'code': code})])

    agent: Agent[None, str] = Agent(FunctionModel(model), toolsets=[toolset], capabilities=[CodeMode()])
    first, second, third = played_cells((await agent.run('go')).all_messages())
    assert first.content == {'result': 3}
    assert "There is no name 'later'" in second.content
    assert third.content == {'result': '3'}


async def test_a_tool_that_runs_alone_gives_its_result_at_once() -> None:
    alone = Tool(add, sequential=True)
    agent: Agent[None, str] = Agent(tools=[alone, Tool(greet)], capabilities=[CodeMode()])
    assert last(await turn(agent, 'x = add(a=1, b=2)\n[x, await greet(name="A")]')) == {'result': [3, 'Hello, A!']}
    assert last(await turn(agent, 'f = greet(name="A")\nx = add(a=1, b=2)\n[x, await f]')) == {
        'result': [3, 'Hello, A!']
    }
    assert last(await turn(agent, 'await add(a=1, b=2)')) == snapshot(
        {'result': 3, 'notes': ['Changed in line 1: `add` gives its result at once; removed `await`']}
    )


async def test_one_call_of_several_that_fails_ends_the_cell_and_tells_the_others() -> None:
    def fails(x: int) -> int:
        raise ValueError('not allowed')

    cell = 'import asyncio\nawait asyncio.gather(add(a=1, b=2), fails(x=3))'
    assert last(await turn(agent_with(add, fails), cell)) == snapshot("""\
fails(x=3) raised ValueError: not allowed
line 2: await asyncio.gather(add(a=1, b=2), fails(x=3))
Calls that were made and are not undone:
  add(a=1, b=2) -> 3
The same calls, made first and in the same order, return this without being run again. Otherwise use what they returned; make none again that changes anything.
What the cell assigned before it stopped is kept; continue from there.\
""")


async def test_runs_at_one_time_share_no_variables() -> None:
    agent = agent_with(add)
    runs = [agent.run('go', model=scripted_model(f'x = {n}', 'await add(x, 0)')) for n in range(4)]
    assert [last(result) for result in await asyncio.gather(*runs)] == [{'result': n} for n in range(4)]
