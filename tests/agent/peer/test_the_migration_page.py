"""Each row of docs/comparison/harness.md, with both code modes side by side: a row without a check here fails, and so does one that
is no longer so."""

from __future__ import annotations

import asyncio
import dataclasses
import warnings
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pydantic_ai_harness
import pytest
from pydantic_ai import Agent, DeferredToolRequests, DeferredToolResults, FunctionToolset, Tool, ToolDenied
from pydantic_ai.capabilities import HandleDeferredToolCalls
from pydantic_ai.exceptions import UnexpectedModelBehavior, UserError
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from support.scripts import scripted_model

import pydantic_ai_grail
from pydantic_ai_grail import CodeModeToolset, Limits, MemoryStore, SettingsError
from pydantic_ai_grail.testing import played_cells

pytestmark = pytest.mark.anyio

PAGE: Final = Path(__file__).parents[3] / 'docs' / 'comparison' / 'harness.md'
THERE: Any = pydantic_ai_harness.CodeMode
HERE: Any = pydantic_ai_grail.CodeMode


async def double(number: int) -> int:
    return 2 * number


async def when() -> datetime:
    return datetime(2026, 1, 2, tzinfo=UTC)


async def mixed() -> dict[Any, int]:
    return {1: 2, '1': 3}


def agent(mode: Any, *cells: str, tools: Sequence[Any] = (double, when, mixed), **options: Any) -> Agent[None, Any]:
    return Agent(
        scripted_model(*cells),
        tools=tools,
        output_type=[str, DeferredToolRequests],
        capabilities=[mode(**options)],
    )


async def replies(mode: Any, *cells: str, **options: Any) -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # of the other one
        return [cell.content for cell in played_cells((await agent(mode, *cells, **options).run('go')).all_messages())]


async def restarted(mode: Any) -> Any:
    cells = [{'code': 'x = 5'}, {'code': 'nosuch', 'restart': True}, {'code': 'x'}]

    def play(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        del info
        played = sum(isinstance(message, ModelResponse) for message in messages)
        return ModelResponse([ToolCallPart('run_code', cells[played]) if played < len(cells) else TextPart('done')])

    result = await Agent(FunctionModel(play), tools=[double], capabilities=[mode()]).run('go')
    return played_cells(result.all_messages())[-1].content


async def next_turn(mode: Any) -> Any:
    talk = agent(mode, 'x = 5')
    first = await talk.run('go')
    with talk.override(model=scripted_model('x')):
        second = await talk.run('go', message_history=first.all_messages())
    return played_cells(second.all_messages())[-1].content


async def calls_made(mode: Any) -> list[int]:
    made: list[int] = []

    async def note(number: int) -> int:
        made.append(number)
        return number

    cell = 'import asyncio\nawait asyncio.gather(*[note(number=n) for n in range(5)])'
    await replies(mode, cell, tools=[note], max_tool_calls=3)
    return made


async def denied(mode: Any) -> Any:
    async def deny(ctx: Any, asked: DeferredToolRequests) -> DeferredToolResults:
        return DeferredToolResults(approvals={call.tool_call_id: ToolDenied('no') for call in asked.approvals})

    cell = 'try:\n    await double(number=1)\nexcept Exception as error:\n    name = type(error).__name__\nname'
    result = await Agent(
        scripted_model(cell),
        tools=[Tool(double, requires_approval=True)],
        capabilities=[mode(), HandleDeferredToolCalls(deny)],
    ).run('go')
    return played_cells(result.all_messages())[-1].content


async def the_assignment() -> None:
    assert await replies(THERE, 'x = 3') == [{}]
    assert await replies(HERE, 'x = 3') == [{'result': 3}]


async def the_results() -> None:
    cells = ('3', 'print("a")', 'None')
    assert await replies(THERE, *cells) == [3, {'output': 'a\n'}, {}]
    assert await replies(HERE, *cells) == [{'result': 3}, {'printed': ['a']}, {'result': None}]


async def the_arguments_by_position() -> None:
    assert 'missing-argument' in (await replies(THERE, 'await double(2)'))[0]
    assert await replies(HERE, 'await double(2)') == [{'result': 4}]


async def the_types() -> None:
    assert 'Object of type `str` has no attribute `year`' in (await replies(THERE, '(await when()).year'))[0]
    assert await replies(HERE, '(await when()).year') == [{'result': 2026}]


async def the_keys() -> None:
    assert 'A tool returned a mapping where key' in (await replies(THERE, 'len(await mixed())'))[0]
    assert await replies(HERE, 'len(await mixed())') == [{'result': 2}]


async def the_checks() -> None:
    cells = ('1', 'seen = 1\nawait double(numbr=2)', 'seen')
    assert (await replies(THERE, *cells))[2] == 1  # the second one ran
    assert "There is no name 'seen'" in (await replies(HERE, *cells))[2]


async def the_variables() -> None:
    assert 'Name `x` used when not defined' in await next_turn(THERE)
    assert await next_turn(HERE) == {'result': 5}


async def the_failures() -> None:
    cells = ['1 / 0'] * 5
    with pytest.raises(UnexpectedModelBehavior, match='exceeded max retries'):
        await replies(THERE, *cells)
    assert len(await replies(HERE, *cells)) == 5


async def the_restart() -> None:
    assert 'Name `x` used when not defined' in await restarted(THERE)
    assert await restarted(HERE) == {'result': 5}


async def the_time() -> None:
    cells, limits = ('x = 1', 'while True: pass', 'x'), {'max_duration_secs': 0.2}
    assert 'Name `x` used when not defined' in (await replies(THERE, *cells, resource_limits=limits))[2]
    assert (await replies(HERE, *cells, limits=limits))[2] == {'result': 1}


async def the_suspensions() -> None:
    cells, limits = ('for n in range(4): await double(number=n)', 'await double(number=1)'), {'max_suspensions': 3}
    assert 'suspension limit' in (await replies(THERE, *cells, resource_limits=limits))[1]
    assert (await replies(HERE, *cells, limits=limits))[1] == {'result': 2}


async def the_budget() -> None:
    assert await calls_made(THERE) == [0, 1, 2]
    assert await calls_made(HERE) == []


async def the_denial() -> None:
    assert await denied(THERE) == 'RuntimeError'
    assert await denied(HERE) == {'result': 'PermissionError'}


async def the_approval() -> None:
    asks = [Tool(double, requires_approval=True)]
    assert 'ApprovalRequired inside code mode' in (await replies(THERE, 'await double(number=1)', tools=asks))[0]
    assert isinstance((await agent(HERE, 'await double(1)', tools=asks).run('go')).output, DeferredToolRequests)
    with pytest.raises(UserError, match='`DeferredToolRequests` is not among output types'):
        await Agent(scripted_model('await double(1)'), tools=asks, capabilities=[HERE()]).run('go')


async def the_names() -> None:
    tools = [Tool(double, name=name) for name in ('1st', 'get-weather', 'get.weather')]
    cell = 'await {}(number=1)'
    names = ('_1st', 'get_weather', 'get_weather_2')
    there = [(await replies(THERE, cell.format(name), tools=tools))[0] for name in names]
    assert there[1] == 2
    assert 'Name `_1st` used when not defined' in there[0]
    assert 'Name `get_weather_2` used when not defined' in there[2]
    ours = [await replies(HERE, cell.format(name), tools=tools) for name in ('tool_1st', *names[1:])]
    assert ours == [[{'result': 2}]] * 3


async def the_options_of_the_same_name() -> None:
    for mode in (THERE, HERE):
        made = mode('all', max_tool_calls=3, id='code', description='Runs code.')
        assert (made.id, made.description) == ('code', 'Runs code.')
        assert dataclasses.replace(made, max_tool_calls=4).max_tool_calls == 4
        spec = {'model': 'test', 'capabilities': [{'CodeMode': {'max_tool_calls': 3}}]}
        assert (
            mode(max_tool_calls=3) in Agent.from_spec(spec, custom_capability_types=[mode]).root_capability.capabilities
        )


async def the_handlers() -> None:
    def handler(name: str, args: Any, kwargs: Any) -> str:
        return 'asked'

    cell = "import os\nos.getenv('HOME')"
    assert await replies(THERE, cell, os_access=handler) == ['asked']
    assert await replies(HERE, cell, os_access=handler) == [{'result': 'asked'}]


async def the_limits() -> None:
    there, here = {'max_duration_secs': 0.1}, Limits(max_duration_secs=0.1)
    for mode, options in ((THERE, {'resource_limits': there}), (HERE, {'limits': here})):
        assert 'time limit' in (await replies(mode, 'while True: pass', **options))[0]
    with pytest.warns(DeprecationWarning, match='resource_limits'):
        assert HERE(resource_limits='unlimited').settings.limits is Limits.UNLIMITED


async def the_retries() -> None:
    answers = await replies(HERE, *['1 / 0'] * 2, max_failed_cells=1)
    assert 'answer' in answers[1]
    assert 'answer' not in answers[0]
    with pytest.warns(DeprecationWarning, match='max_retries'):
        assert HERE(max_retries=1).settings.max_failed_cells == 1


async def the_store() -> None:
    with pytest.raises(SettingsError, match='it is `store` here'):
        HERE(repl_store=object())
    HERE(store=MemoryStore())


async def the_tool() -> None:
    for mode in (THERE, HERE):
        seen: list[AgentInfo] = []

        def look(messages: list[ModelMessage], info: AgentInfo, seen: list[AgentInfo] = seen) -> ModelResponse:
            seen.append(info)
            return ModelResponse([TextPart('done')])

        await Agent(FunctionModel(look), tools=[double], capabilities=[mode()]).run('go')
        [tool] = seen[0].function_tools
        assert {'code', 'restart'} <= tool.parameters_json_schema['properties'].keys()


def refused(**options: Any) -> Callable[[], Awaitable[None]]:
    async def check() -> None:
        for name, value in options.items():
            with pytest.raises(SettingsError, match=f"Code mode has no option '{name}'"):
                HERE(**{name: value})
            THERE(**{name: value})

    return check


async def no_positions() -> None:
    THERE('all', 3)
    for make in (lambda: HERE('all', 3), lambda: CodeModeToolset(FunctionToolset[None](), 'all', 3)):  # type: ignore  # pyright: ignore
        with pytest.raises(TypeError, match='positional argument'):
            make()


async def no_setting() -> None:
    THERE().max_tool_calls = 3
    with pytest.raises(AttributeError, match='replace'):
        HERE().max_tool_calls = 3


async def no_warning() -> None:
    async def untyped(number):  # type: ignore[no-untyped-def]  # pyright: ignore
        return number  # pyright: ignore

    with warnings.catch_warnings():
        warnings.simplefilter('error')
        result = await agent(HERE, 'await untyped(1)', tools=[untyped]).run('go')
    assert played_cells(result.all_messages())[-1].content == {'result': 1}


ROWS: Final[dict[str, Callable[[], Awaitable[None]]]] = {
    '`tools`, also by position, `max_tool_calls`, `mount`, `id`, `description`': the_options_of_the_same_name,
    '`os_access`': the_handlers,
    '`resource_limits`': the_limits,
    '`max_retries`': the_retries,
    '`repl_store`': the_store,
    '`run_code(code, restart)`': the_tool,
    '`x = 3` at the end': the_assignment,
    'results': the_results,
    'arguments by position': the_arguments_by_position,
    'types of results': the_types,
    "keys `1` and `'1'` in one dict of a tool": the_keys,
    'checks': the_checks,
    'variables': the_variables,
    'failures of cells': the_failures,
    '`restart` with a cell that is refused': the_restart,
    'a cell that ran out of time': the_time,
    '`max_suspensions`': the_suspensions,
    'a `gather` over the call budget': the_budget,
    'a call that was denied': the_denial,
    'an approval': the_approval,
    'names of tools': the_names,
    '`eager`, `speculate`, `SpeculationStats`, the `Speculative...Event`s': refused(eager=True, speculate=['double']),
    '`monty_sandbox`, `monty_sandbox_url`': refused(monty_sandbox_url=None),
    '`dynamic_catalog`': refused(dynamic_catalog=True),
    '`defer_loading` of the capability': refused(defer_loading=False),
    "`CodeMode('all', 3)`, `CodeModeToolset(toolset, 'all', 3, ...)`": no_positions,
    'options that are set later (`code_mode.max_tool_calls = 3`)': no_setting,
    '`CodeModeReturnSchemaWarning`': no_warning,
}
ELSEWHERE: Final = {
    'cells in Temporal workflows': (
        'durable/test_temporal.py',
        'test_a_cell_in_a_workflow_is_an_error_that_says_what_to_do',
    ),
}
"""Rows with a test in another place."""


def rows() -> list[str]:
    """The first cells of the tables of the page, without their heads."""
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith('| ')]
    found = [line.split(' | ')[0].removeprefix('| ').strip() for line in lines]
    return [row for row in found if row not in ('', 'there') and not row.startswith('|')]


def test_every_row_of_the_page_is_checked() -> None:
    assert sorted(rows()) == sorted([*ROWS, *ELSEWHERE])
    for path, name in ELSEWHERE.values():
        assert f'def {name}(' in (PAGE.parents[2] / 'tests' / path).read_text()


@pytest.mark.parametrize('row', ROWS)
async def test_each_row_is_so(row: str) -> None:
    await asyncio.wait_for(ROWS[row](), 60)
