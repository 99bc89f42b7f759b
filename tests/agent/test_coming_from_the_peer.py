"""What somebody who comes from the other code mode does, and gets the same, or an error that says what to write."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic_ai import Agent, Tool
from pydantic_ai.exceptions import UserError
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from support.scripts import scripted_model

from pydantic_ai_grail import CodeMode, SettingsError
from tests.support.agents import agent_with, last, turn

pytestmark = pytest.mark.anyio


class OwnStop(BaseException):
    """Not an `Exception`: no tool error, but the end of the run."""


async def stop() -> str:
    raise OwnStop('enough')


async def double(number: int) -> int:
    return 2 * number


def by_keywords(*, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], is_async: bool) -> Any:
    return f'{name}{args}'


def by_position(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return f'{name}{args}'


class Handler:
    """A callable object, with the older order of arguments."""

    def __call__(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any] | None = None) -> Any:
        return f'{name}{args}'


@pytest.mark.parametrize('handler', [by_keywords, by_position, Handler()], ids=['keywords', 'position', 'object'])
async def test_a_handler_of_system_calls_may_take_its_arguments_by_position(handler: Any) -> None:
    result = await turn(agent_with(os_access=handler), "import os\nos.getenv('HOME')")
    assert last(result) == {'result': "os.getenv('HOME', None)"}


async def test_a_handler_that_takes_other_arguments_is_refused_when_it_is_given() -> None:
    def wrong(path: str) -> str:
        return path

    with pytest.raises(SettingsError, match='takes neither'):
        CodeMode(os_access=wrong)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    'cell',
    [
        'await stop()',
        'import asyncio\nawait asyncio.gather(double(1), stop())',
        'try:\n    await stop()\nexcept Exception:\n    pass',
    ],
    ids=['alone', 'in a gather', 'in a try'],
)
async def test_what_is_no_exception_of_a_tool_ends_the_run_as_itself(cell: str) -> None:
    with pytest.raises(OwnStop, match='enough'):
        await turn(agent_with(stop, double), cell)


async def test_an_approval_that_nobody_can_answer_ends_the_run_with_what_to_write() -> None:
    agent: Agent[None, Any] = Agent(tools=[Tool(double, requires_approval=True)], capabilities=[CodeMode()])
    with pytest.raises(UserError, match='add `DeferredToolRequests` to the list of output types'):
        await turn(agent, 'await double(1)')


async def test_a_tool_that_gives_up_work_of_its_own_is_still_an_error_in_code() -> None:
    async def gives_up() -> str:
        raise asyncio.CancelledError

    result = await turn(
        agent_with(gives_up), 'try:\n    await gives_up()\nexcept RuntimeError as error:\n    x = str(error)\nx'
    )
    assert last(result)['result'].startswith('gives_up() was cancelled')


async def test_the_tools_may_be_given_by_position_and_a_capability_has_an_id_and_a_description() -> None:
    mode = CodeMode[object](['double'], id='code', description='Runs code.')
    assert (mode.settings.tools, mode.id, mode.description) == (['double'], 'code', 'Runs code.')
    result = await Agent(tools=[double], capabilities=[mode]).run('go', model=scripted_model('await double(2)'))
    assert last(result) == {'result': 4}


async def test_the_tools_are_not_given_twice() -> None:
    with pytest.raises(SettingsError, match='Give tools once'):
        CodeMode(['double'], tools=['double'])  # pyright: ignore[reportCallIssue]  # on purpose


async def test_a_tool_whose_name_begins_with_a_digit_can_be_called() -> None:
    agent: Agent[None, Any] = Agent(tools=[Tool(double, name='1st')], capabilities=[CodeMode()])
    result = await turn(agent, 'await tool_1st(number=2)')
    assert last(result) == {'result': 4}


@pytest.mark.parametrize(
    ('cell', 'reply'),
    [
        ('None', {'result': None}),
        ('x = 1', {'result': 1}),
        ('print("a")', {'printed': ['a']}),
        ('print("a")\n2', {'printed': ['a'], 'result': 2}),
        ('"text"', {'result': 'text'}),
    ],
)
async def test_results_have_these_shapes(cell: str, reply: Any) -> None:
    assert last(await turn(agent_with(double), cell)) == reply


async def test_calls_beyond_the_budget_are_never_made_not_even_those_of_a_gather() -> None:
    made: list[int] = []

    async def record(value: int) -> int:
        made.append(value)
        return value

    cell = 'import asyncio\nawait asyncio.gather(*[record(value=n) for n in range(5)])'
    told = last(await turn(agent_with(record, max_tool_calls=3), cell))
    assert made == []  # the fourth raises while the gather is written down, before one of them starts
    assert 'this cell has made its 3 tool calls' in told


async def test_code_that_catches_the_end_of_its_budget_keeps_what_it_has() -> None:
    cell = 'done = []\nfor n in range(6):\n    try:\n        done.append(await double(n))\n    except RuntimeError:\n        break\ndone'
    assert last(await turn(agent_with(double, max_tool_calls=2), cell)) == {'result': [0, 2]}


async def test_what_was_assigned_before_an_error_lives_on_and_restart_forgets_it() -> None:
    agent = agent_with(double)
    result = await turn(agent, 'x = await double(21)\ny = x + 1\nraise ValueError("boom")', 'y')
    assert last(result) == {'result': 43}
    calls = [ToolCallPart('run_code', {'code': 'y', 'restart': True})]

    def play(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        del info
        return ModelResponse([TextPart('done')] if len(messages) > len(result.all_messages()) + 1 else list(calls))

    again = await agent.run('go', model=FunctionModel(play), message_history=result.all_messages())
    assert "There is no name 'y'" in last(again)


@pytest.mark.parametrize('cell', ["type('a')", 'len', "ValueError('boom')", '...', '[float("nan"), 1.5]', '{int: 1}'])
async def test_a_result_that_json_has_no_form_for_ends_no_run(cell: str) -> None:
    result = await turn(agent_with(double), cell)
    assert result.output == 'done'
    assert result.all_messages_json()
