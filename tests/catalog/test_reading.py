"""Tools as an agent's step lists them: found through every wrapper, with facts, words and a home."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pytest
from pydantic_ai import Agent, FunctionToolset, RunContext, Tool, ToolDefinition
from pydantic_ai.capabilities import AbstractCapability, Toolset
from pydantic_ai.models.test import TestModel
from pydantic_ai.toolsets import AbstractToolset, CombinedToolset, ExternalToolset, WrapperToolset
from pydantic_ai.toolsets.abstract import ToolsetTool
from support.catalogs import catalog_of_toolset, entry_of, tools_of

from pydantic_ai_grail._catalog.catalog import build_catalog
from pydantic_ai_grail._catalog.entries import Catalog
from pydantic_ai_grail._catalog.rendering import signature_text
from pydantic_ai_grail._catalog.tool_reading import Home, home_of, plain_description

pytestmark = pytest.mark.anyio


async def find(words: str, since: date) -> set[date]: ...


FIND = '(words: str, since: date) -> set[date]'
"""What only the annotations tell: the schema knows neither dates nor sets."""


def _keep(ctx: RunContext[Any], definitions: list[ToolDefinition]) -> list[ToolDefinition]:
    return [replace(definition, description='Prepared') for definition in definitions]


WRAPPED: dict[str, AbstractToolset[Any]] = {
    'prefixed': FunctionToolset([find]).prefixed('x'),
    'renamed': FunctionToolset([find]).renamed({'look': 'find'}),
    'filtered': FunctionToolset([find]).filtered(lambda ctx, definition: True),
    'prepared': FunctionToolset([find]).prepared(_keep),
    'approval required': FunctionToolset([find]).approval_required(),
    'with metadata': FunctionToolset([find]).with_metadata(team='search'),
    'deferred': FunctionToolset([find]).defer_loading(),
    'combined': CombinedToolset([FunctionToolset([find], id='x')]),
    'with return schemas': FunctionToolset([find]).include_return_schemas(),
    'wrapped by hand': WrapperToolset(FunctionToolset([find])),
    'all at once': CombinedToolset(
        [
            FunctionToolset([find]).prefixed('a').renamed({'b': 'a_find'}).prepared(_keep),
            FunctionToolset([find]).filtered(lambda ctx, definition: True).approval_required().prefixed('c'),
        ]
    ),
}


@pytest.mark.parametrize('kind', WRAPPED)
async def test_a_function_is_found_through_a_wrapper(kind: str) -> None:
    catalog = await catalog_of_toolset(WRAPPED[kind])
    assert {signature_text(entry.signature) for entry in catalog.entries.values()} == {FIND}
    assert not any(entry.arguments_as_json for entry in catalog.entries.values())


@dataclass
class Noting(WrapperToolset[Any]):
    """Notes the catalog of what it wraps at each step."""

    seen: list[Catalog]

    async def get_tools(self, ctx: RunContext[Any]) -> dict[str, ToolsetTool[Any]]:
        tools = await super().get_tools(ctx)
        self.seen.append(build_catalog(tools, root=self.wrapped))
        return tools


@dataclass
class Notes(AbstractCapability[Any]):
    """A capability around all of an agent's tools, as code mode is."""

    seen: list[Catalog] = field(default_factory=list[Catalog])

    def get_wrapper_toolset(self, toolset: AbstractToolset[Any]) -> AbstractToolset[Any]:
        return Noting(toolset, seen=self.seen)


async def test_functions_are_found_in_an_agent_whatever_way_they_came() -> None:
    async def own(day: date) -> date: ...
    async def of_a_toolset(day: date) -> date: ...
    async def dynamic(day: date) -> date: ...
    async def of_a_capability(day: date) -> date: ...

    def make(ctx: RunContext[Any]) -> AbstractToolset[Any]:
        return FunctionToolset([dynamic])

    notes = Notes()
    agent = Agent(
        TestModel(call_tools=[]),
        tools=[own],
        toolsets=[FunctionToolset([of_a_toolset]), make],
        capabilities=[Toolset(FunctionToolset([of_a_capability], id='extra')), notes],
    )
    await agent.run('Go.')
    (catalog,) = notes.seen
    assert {name: signature_text(entry.signature) for name, entry in catalog.entries.items()} == dict.fromkeys(
        ['own', 'of_a_toolset', 'dynamic', 'of_a_capability'], '(day: date) -> date'
    )


async def test_a_wrapper_that_changes_the_schema_decides_the_parameters_and_not_the_result() -> None:
    def narrow(ctx: RunContext[Any], definitions: list[ToolDefinition]) -> list[ToolDefinition]:
        schema = {'type': 'object', 'properties': {'words': {'enum': ['a', 'b']}}, 'required': ['words']}
        return [replace(definition, parameters_json_schema=schema) for definition in definitions]

    catalog = await catalog_of_toolset(FunctionToolset([find]).prepared(narrow))
    entry = catalog.entries['find']
    assert signature_text(entry.signature) == "(words: Literal['a', 'b']) -> set[date]"
    assert entry.arguments_as_json is False


async def test_a_wrapper_that_changes_only_words_has_them_shown() -> None:
    def translate(ctx: RunContext[Any], definitions: list[ToolDefinition]) -> list[ToolDefinition]:
        def translated(schema: dict[str, Any]) -> dict[str, Any]:
            return {
                **schema,
                'properties': {k: {**v, 'description': 'Wörter'} for k, v in schema['properties'].items()},
            }

        return [replace(each, parameters_json_schema=translated(each.parameters_json_schema)) for each in definitions]

    entry = (await catalog_of_toolset(FunctionToolset([find]).prepared(translate))).entries['find']
    assert signature_text(entry.signature) == FIND
    assert entry.signature.parameters[0].description == 'Wörter'


async def test_a_tool_made_from_a_schema_is_read_by_its_schema() -> None:
    def call(**arguments: Any) -> date: ...

    schema = {'type': 'object', 'properties': {'day': {'type': 'string', 'format': 'date'}}}
    entry = await entry_of(Tool.from_schema(call, 'call', 'Call it.', schema))
    assert signature_text(entry.signature) == '(day: str (date) = ...) -> Any'
    assert entry.arguments_as_json is True


def external(**definition: Any) -> ExternalToolset[Any]:
    return ExternalToolset([ToolDefinition(name='get', **definition)])


async def test_a_tool_without_a_function_is_read_by_its_schemas() -> None:
    result = {'type': 'object', 'properties': {'id': {'type': 'integer'}}, 'required': ['id']}
    entry = (await catalog_of_toolset(external(return_schema=result))).entries['get']
    assert signature_text(entry.signature) == '() -> GetResult'
    assert entry.arguments_as_json is True


async def test_mcp_results_are_told_as_they_arrive_without_the_envelope_around_plain_ones() -> None:
    wrapped = {
        'type': 'object',
        'properties': {'result': {'type': 'array', 'items': {'$ref': '#/$defs/Row'}}},
        '$defs': {'Row': {'type': 'object', 'properties': {'id': {'type': 'integer'}}, 'required': ['id']}},
    }
    mcp = (await catalog_of_toolset(external(return_schema=wrapped, metadata={'annotations': None}))).entries['get']
    other = (await catalog_of_toolset(external(return_schema=wrapped))).entries['get']
    plain: dict[str, Any] = {'type': 'object', 'properties': {'a': {}, 'result': {}}}
    whole = (await catalog_of_toolset(external(return_schema=plain, metadata={'annotations': None}))).entries['get']
    assert [signature_text(entry.signature) for entry in (mcp, other, whole)] == [
        '() -> list[Row]',
        '() -> GetResult',
        '() -> GetResult',
    ]


@pytest.mark.parametrize(
    ('metadata', 'read_only', 'idempotent'),
    [
        (None, False, False),
        ({'read_only': True}, True, False),
        ({'idempotent': True}, False, True),
        ({'read_only': 'no'}, False, False),
        ({'annotations': {'readOnlyHint': True, 'idempotentHint': None}}, True, False),
        ({'annotations': {'readOnlyHint': False, 'idempotentHint': True}}, False, True),
        ({'annotations': None}, False, False),
    ],
)
async def test_facts_come_from_metadata(metadata: dict[str, Any] | None, read_only: bool, idempotent: bool) -> None:
    facts = (await catalog_of_toolset(external(metadata=metadata))).entries['get'].facts
    assert (facts.read_only, facts.idempotent, facts.sequential) == (read_only, idempotent, False)


async def test_a_sequential_tool_is_known_as_one() -> None:
    assert (await entry_of(Tool(find, sequential=True))).facts.sequential is True


class SlackThing(AbstractToolset[Any]):
    @property
    def id(self) -> str | None:
        return None

    async def get_tools(self, ctx: RunContext[Any]) -> dict[str, ToolsetTool[Any]]:
        tools = await FunctionToolset([find]).get_tools(ctx)
        return {name: replace(tool, toolset=self) for name, tool in tools.items()}

    async def call_tool(self, name: str, tool_args: dict[str, Any], ctx: Any, tool: Any) -> Any: ...


class MyHTTPToolset(SlackThing):
    pass


@pytest.mark.parametrize(
    ('toolset', 'home'),
    [
        (FunctionToolset([find]), Home('tools')),
        (FunctionToolset([find], id='github'), Home('github')),
        (FunctionToolset([find], id='<agent>'), Home('tools')),
        (FunctionToolset([find], id='github').prefixed('gh'), Home('gh', 'gh_')),
        (FunctionToolset([find], id='github').prefixed('gh').filtered(lambda c, d: True), Home('gh', 'gh_')),
        (FunctionToolset([find], id='github').renamed({'look': 'find'}), Home('github')),
        (SlackThing(), Home('slack_thing')),
        (MyHTTPToolset(), Home('my_http')),
    ],
)
async def test_a_tool_is_at_home_in_its_toolset(toolset: AbstractToolset[Any], home: Home) -> None:
    (tool,) = (await tools_of(toolset)).values()
    assert home_of(tool) == home


async def test_a_tool_of_a_capability_without_a_toolset_id_is_at_home_in_the_capability() -> None:
    (tool,) = (await tools_of(FunctionToolset([find]))).values()
    owned = replace(tool, tool_def=replace(tool.tool_def, capability_id='Research'))
    assert home_of(owned) == Home('Research')


@pytest.mark.parametrize(
    ('text', 'expected'),
    [
        ('', ''),
        ('Plain.', 'Plain.'),
        ('<summary>Find.</summary>\n<returns>\n<description>Those</description>\n</returns>', 'Find.\nReturns: Those'),
        ('<returns>\n<type>int</type>\n<description>How many</description>\n</returns>', 'Returns: How many'),
        ('<summary>Find.</summary>', 'Find.'),
    ],
)
def test_a_description_is_told_without_tags(text: str, expected: str) -> None:
    assert plain_description(text) == expected
