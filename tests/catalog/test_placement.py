"""Where the tools of a step go: into the sandbox, natively to the model, or nowhere yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pytest
from pydantic import BaseModel
from pydantic_ai import Agent, FunctionToolset, RunContext, Tool, ToolDefinition
from pydantic_ai.capabilities import AbstractCapability, Capability, CapabilityOrdering, ToolSearch
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.tools import ToolSelector
from pydantic_ai.toolsets import AbstractToolset, WrapperToolset
from pydantic_ai.toolsets.abstract import ToolsetTool
from pydantic_core import SchemaValidator, core_schema
from support.catalogs import run_context, tools_of

from pydantic_ai_grail._catalog.placement import Placement, can_be_sandboxed, place_tools

pytestmark = pytest.mark.anyio


class Listed(AbstractToolset[Any]):
    """A toolset of definitions."""

    def __init__(self, definitions: tuple[ToolDefinition, ...]) -> None:
        self._definitions = definitions

    @property
    def id(self) -> str | None:
        return None

    async def get_tools(self, ctx: RunContext[Any]) -> dict[str, ToolsetTool[Any]]:
        validator = SchemaValidator(core_schema.any_schema())
        return {
            definition.name: ToolsetTool(toolset=self, tool_def=definition, max_retries=1, args_validator=validator)
            for definition in self._definitions
        }

    async def call_tool(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[Any], tool: ToolsetTool[Any]
    ) -> Any:
        raise AssertionError('nothing is called here')


def listed(*definitions: ToolDefinition) -> AbstractToolset[Any]:
    return Listed(definitions)


async def places(*definitions: ToolDefinition, selector: ToolSelector[Any] = 'all') -> dict[str, Placement]:
    return await place_tools(await tools_of(listed(*definitions)), selector=selector, ctx=run_context())


NOT_FOR_CODE = {
    'tool search': ToolDefinition(name='x', tool_kind='tool-search'),
    'capability loading': ToolDefinition(name='x', tool_kind='capability-load'),
    'output': ToolDefinition(name='x', kind='output'),
    'code execution': ToolDefinition(name='x', metadata={'code_arg_name': 'code'}),
    'stand-in for a native tool': ToolDefinition(name='x', unless_native='web_search'),
}


@pytest.mark.parametrize('kind', ['unapproved', 'external'])
async def test_a_tool_that_waits_for_somebody_may_be_called_from_code(kind: Literal['unapproved', 'external']) -> None:
    assert await places(ToolDefinition(name='x', kind=kind)) == {'x': 'sandboxed'}


@pytest.mark.parametrize('kind', NOT_FOR_CODE)
async def test_a_tool_that_is_not_for_code_stays_native_whatever_is_selected(kind: str) -> None:
    assert not can_be_sandboxed(NOT_FOR_CODE[kind])
    assert await places(NOT_FOR_CODE[kind]) == {'x': 'native'}


async def test_a_plain_tool_goes_in() -> None:
    assert await places(ToolDefinition(name='x')) == {'x': 'sandboxed'}


def named_a(ctx: RunContext[Any], definition: ToolDefinition) -> bool:
    return definition.name == 'a'


@pytest.mark.parametrize(
    'selector',
    [['a'], {'team': 'search'}, named_a],
)
async def test_what_is_not_selected_stays_native(selector: Any) -> None:
    tools = (ToolDefinition(name='a', metadata={'team': 'search'}), ToolDefinition(name='b'))
    assert await places(*tools, selector=selector) == {'a': 'sandboxed', 'b': 'native'}


async def test_a_selector_may_have_to_wait() -> None:
    async def selector(ctx: RunContext[Any], definition: ToolDefinition) -> bool:
        return definition.name == 'a'

    assert await places(ToolDefinition(name='a'), selector=selector) == {'a': 'sandboxed'}


SEARCH = ToolDefinition(name='search', tool_kind='tool-search', unless_native='tool_search')
HIDDEN = ToolDefinition(name='a', defer_loading=True, with_native='tool_search')
UNMARKED = ToolDefinition(name='a', defer_loading=True)


async def test_a_tool_that_is_not_revealed_yet_is_hidden() -> None:
    assert await places(SEARCH, HIDDEN) == {'search': 'native', 'a': 'hidden'}


async def test_a_tool_that_a_search_around_us_shall_find_is_passed_on_to_it() -> None:
    assert await places(UNMARKED) == {'a': 'native'}


async def test_a_hidden_tool_that_was_not_selected_is_native_as_without_code_mode() -> None:
    assert await places(SEARCH, UNMARKED, selector=['b']) == {'search': 'native', 'a': 'native'}


async def test_a_providers_own_search_is_told_of_what_it_shall_find() -> None:
    assert await places(HIDDEN) == {'a': 'native'}
    other = replace(HIDDEN, name='b')
    assert await places(SEARCH, HIDDEN, other, selector=['a']) == {'search': 'native', 'a': 'native', 'b': 'native'}


# In the run of an agent


@dataclass
class Placing(WrapperToolset[Any]):
    """Offers natively what is placed so, and notes all places, step by step."""

    seen: list[dict[str, Placement]]

    async def get_tools(self, ctx: RunContext[Any]) -> dict[str, ToolsetTool[Any]]:
        tools: Mapping[str, ToolsetTool[Any]] = await super().get_tools(ctx)
        placed = await place_tools(tools, selector='all', ctx=ctx)
        self.seen.append(placed)
        return {name: tool for name, tool in tools.items() if placed[name] == 'native'}


@dataclass
class Places(AbstractCapability[Any]):
    seen: list[dict[str, Placement]] = field(default_factory=list[dict[str, Placement]])

    def get_ordering(self) -> CapabilityOrdering:
        return CapabilityOrdering(position='outermost', wraps=[ToolSearch])

    def get_wrapper_toolset(self, toolset: AbstractToolset[Any]) -> AbstractToolset[Any]:
        return Placing(toolset, seen=self.seen)


def model(*calls: ToolCallPart) -> FunctionModel:
    """Makes the calls one after the other, then answers."""

    def respond(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        made = sum(isinstance(message, ModelResponse) for message in messages)
        return ModelResponse([calls[made] if made < len(calls) else TextPart('done')])

    return FunctionModel(respond)


def weather(city: str) -> str:
    """The weather of a city."""
    return 'sunny'


async def test_a_tool_goes_into_the_sandbox_once_a_search_has_found_it() -> None:
    noted = Places()
    agent = Agent(
        model(ToolCallPart('search_tools', {'queries': ['weather']})),
        tools=[Tool(weather, defer_loading=True)],
        capabilities=[ToolSearch(), noted],
    )
    await agent.run('Go.')
    assert noted.seen == [
        {'search_tools': 'native', 'weather': 'hidden'},
        {'search_tools': 'native', 'weather': 'sandboxed'},
    ]


async def test_a_search_around_the_toolset_finds_its_tools_too() -> None:
    seen: list[dict[str, Placement]] = []
    toolset = Placing(FunctionToolset([Tool(weather, defer_loading=True)]), seen=seen)
    agent = Agent(model(ToolCallPart('search_tools', {'queries': ['weather']})), toolsets=[toolset])
    await agent.run('Go.')
    assert seen == [{'weather': 'native'}, {'weather': 'sandboxed'}]


async def test_a_tool_goes_into_the_sandbox_once_its_capability_is_loaded() -> None:
    noted = Places()
    travel = Capability[Any](
        id='travel', description='Trips', toolsets=[FunctionToolset([weather])], defer_loading=True
    )
    agent = Agent(model(ToolCallPart('load_capability', {'id': 'travel'})), capabilities=[travel, noted])
    await agent.run('Go.')
    assert [{name: place for name, place in places.items() if name == 'weather'} for places in noted.seen] == [
        {'weather': 'hidden'},
        {'weather': 'sandboxed'},
    ]


async def test_output_tools_are_none_of_ours() -> None:
    class Answer(BaseModel):
        text: str

    noted = Places()
    agent = Agent(model(ToolCallPart('final_result', {'text': 'x'})), output_type=Answer, capabilities=[noted])
    assert (await agent.run('Go.')).output == Answer(text='x')
    assert noted.seen == [{}]
