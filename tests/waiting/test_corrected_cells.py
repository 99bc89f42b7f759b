"""A cell that corrects a failed one gets the results of the calls it makes again, and they are not made twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest
from pydantic_ai import Agent, DeferredToolRequests, Tool
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.models.test import TestModel
from support.scripts import scripted_model

from pydantic_ai_grail import CodeMode, Deny, SqlStore, decide
from pydantic_ai_grail.testing import PlayedCell, played_cells

pytestmark = pytest.mark.anyio

REUSED = 'Not run again, as a cell that failed or was interrupted had made the same calls: {}. They gave what they had returned.'
RAISED_TOO = f'{REUSED.removesuffix(".")}, or raised what they had raised.'


def desk(**options: Any) -> tuple[Agent[None, Any], list[str]]:
    made: list[str] = []

    async def book(flight: str) -> dict[str, Any]:
        made.append(f'book {flight}')
        if ' ' in flight:
            raise ValueError(f'nobody flies {flight}')
        return {'flight': flight, 'seat': len(made)}

    async def slowly(flight: str) -> str:
        made.append(f'slowly {flight}')
        await anyio.sleep(0.05)
        return f'booked {flight}'

    async def seats(flight: str) -> int:
        made.append(f'seats {flight}')
        return len(made)

    async def fail(times: int) -> str:
        made.append('fail')
        if made.count('fail') <= times:
            raise RuntimeError('the service is down')
        return 'up'

    async def sign(paper: str) -> str:
        return f'signed {paper}'

    tools = [
        Tool(book),
        Tool(slowly),
        Tool(seats, metadata={'read_only': True}),
        Tool(fail),
        Tool(sign, requires_approval=True),
    ]
    return Agent(tools=tools, output_type=[str, DeferredToolRequests], capabilities=[CodeMode(**options)]), made


async def played(agent: Agent[None, Any], *cells: str | list[str], history: Any = None) -> list[PlayedCell]:
    result = await agent.run('go', model=scripted_model(*cells), message_history=history)
    return played_cells(result.new_messages())


async def test_the_same_calls_from_the_beginning_are_not_made_again() -> None:
    agent, made = desk()
    wrong = 'a = await book("A1")\nb = await book("B2")\na["seat"] / 0'
    cells = await played(agent, wrong, 'a = await book("A1")\nb = await book("B2")\n[a["seat"], b["seat"]]')
    assert cells[0].outcome in ('refused', 'failed')
    assert cells[1].content == {'result': [1, 2], 'notes': [REUSED.format('`book` ×2')]}
    assert made == ['book A1', 'book B2']


async def test_from_the_first_difference_on_everything_runs() -> None:
    agent, made = desk()
    cells = await played(
        agent,
        'await book("A1")\nawait book("B2")\nawait book("C3")\n1 / 0',
        '[(await book(flight))["seat"] for flight in ("A1", "X9", "C3")]',
    )
    assert cells[1].content == {'result': [1, 4, 5], 'notes': [REUSED.format('`book`')]}
    assert made == ['book A1', 'book B2', 'book C3', 'book X9', 'book C3']


async def test_a_call_that_failed_is_made_again_and_all_after_it() -> None:
    agent, made = desk()
    code = 'a = await book("A1")\nstate = await fail(1)\nb = await book("B2")\n[a["seat"], state, b["seat"]]'
    cells = await played(agent, code, code)
    assert cells[0].outcome in ('refused', 'failed')
    assert cells[1].content == {'result': [1, 'up', 4], 'notes': [REUSED.format('`book`')]}
    assert made == ['book A1', 'fail', 'fail', 'book B2']


async def test_what_ran_beside_a_call_that_failed_is_ended_and_not_made_again() -> None:
    agent, made = desk()
    gather = 'import asyncio\nall = await asyncio.gather(book("A1"), fail(1), slowly("B2"))\n'
    cells = await played(agent, gather, f'{gather}all')
    assert cells[0].outcome in ('refused', 'failed')
    assert "  slowly(flight='B2') -> 'booked B2'\n" in cells[0].content
    assert 'may have taken effect' not in cells[0].content
    assert cells[1].content == {
        'result': [{'flight': 'A1', 'seat': 1}, 'up', 'booked B2'],
        'notes': [REUSED.format('`book`, `slowly`')],
    }
    assert made == ['book A1', 'fail', 'slowly B2', 'fail']


async def test_a_failure_that_code_had_caught_is_the_same_again_and_so_are_the_calls_after_it() -> None:
    agent, made = desk()
    loop = """
seats = []
for flight in ("A1", "no such flight", "B2"):
    try:
        seats.append((await book(flight))["seat"])
    except ValueError as error:
        seats.append(str(error))
"""
    cells = await played(agent, f'{loop}sum(seats)', f'{loop}seats')
    assert cells[0].outcome in ('refused', 'failed')
    assert cells[1].content == {
        'result': [1, 'nobody flies no such flight', 3],
        'notes': [RAISED_TOO.format('`book` ×3')],
    }
    assert made == ['book A1', 'book no such flight', 'book B2']


async def test_the_call_whose_failure_ended_the_cell_is_made_again_in_the_midst_of_others() -> None:
    agent, made = desk()
    loop = 'first = await book("A1")\nstate = await fail(1)\n[first["seat"], state]'
    cells = await played(agent, f'{loop}', f'{loop}\n1 / 0', f'{loop}')
    assert [cell.outcome != 'completed' for cell in cells] == [True, True, False]
    assert cells[2].content == {'result': [1, 'up'], 'notes': [REUSED.format('`book`, `fail`')]}
    assert made == ['book A1', 'fail', 'fail']


async def test_a_denial_that_code_had_caught_is_not_asked_for_again(tmp_path: Path) -> None:
    agent, made = desk(store=SqlStore(f'sqlite:///{tmp_path}/agent.db'))
    code = 'try:\n    paper = await sign("it")\nexcept PermissionError as error:\n    paper = str(error)\nawait book("A1")\n'
    waiting = await agent.run('go', model=scripted_model(f'{code}1 / 0'))
    result = await agent.run(
        model=scripted_model(f'{code}1 / 0', f'{code}paper'),
        message_history=waiting.all_messages(),
        deferred_tool_results=decide(waiting.output, Deny('not that one')),
    )
    assert result.output == 'done'
    assert played_cells(result.new_messages())[-1].content == {
        'result': 'not that one',
        'notes': [RAISED_TOO.format('`sign`, `book`')],
    }
    assert made == ['book A1']


async def test_read_only_tools_are_asked_again() -> None:
    agent, made = desk()
    code = 'n = await seats("A1")\na = await book("A1")\n'
    cells = await played(agent, f'{code}1 / 0', f'{code}[n, a["seat"]]')
    assert cells[1].content == {'result': [3, 2], 'notes': [REUSED.format('`book`')]}
    assert made == ['seats A1', 'book A1', 'seats A1']


async def test_calls_of_a_gather_count_in_the_order_in_which_code_makes_them() -> None:
    agent, made = desk()
    gather = 'import asyncio\nall = await asyncio.gather(*[book(f) for f in ("A1", "B2")])\n'
    cells = await played(agent, f'{gather}1 / 0', f'{gather}[each["seat"] for each in all]')
    assert cells[1].content == {'result': [1, 2], 'notes': [REUSED.format('`book` ×2')]}
    assert len(made) == 2


async def test_a_correction_that_fails_too_hands_on_what_it_had() -> None:
    agent, made = desk()
    cells = await played(
        agent, 'await book("A1")\n1 / 0', 'a = await book("A1")\nb.x', 'b = await book("A1")\nb["seat"]'
    )
    assert [cell.outcome != 'completed' for cell in cells] == [True, True, False]
    assert made == ['book A1']


async def test_after_a_cell_that_completed_and_did_something_the_same_call_is_a_new_one() -> None:
    agent, made = desk()
    await played(agent, 'await book("A1")\n1 / 0', 'await book("Z9")', 'await book("A1")')
    assert made == ['book A1', 'book Z9', 'book A1']


async def test_after_a_turn_that_completed_the_same_call_is_a_new_one() -> None:
    agent, made = desk()
    result = await agent.run('go', model=scripted_model('await book("A1")\n1 / 0', '1 + 1'))
    await played(agent, 'await book("A1")', history=result.all_messages())
    assert made == ['book A1', 'book A1']


@pytest.mark.parametrize('look', ['await seats("Z9")', '1 + 1', 'await seats("Z9")\n1 / 0'])
async def test_a_cell_that_only_looks_before_the_correction_takes_nothing_away(look: str) -> None:
    agent, made = desk()
    await played(agent, 'await book("A1")\nawait book("B2")\n1 / 0', look, 'await book("A1")\nawait book("B2")')
    assert [each for each in made if not each.startswith('seats')] == ['book A1', 'book B2']


@pytest.mark.parametrize(
    ('failed', 'corrected'),
    [
        ('await seats("Z9")\nawait book("A1")\n1 / 0', 'await book("A1")'),
        ('await book("A1")\n1 / 0', 'await seats("Z9")\nawait book("A1")'),
    ],
)
async def test_to_look_is_no_difference(failed: str, corrected: str) -> None:
    agent, made = desk()
    await played(agent, failed, corrected)
    assert sorted(made) == ['book A1', 'seats Z9']


async def test_the_developer_can_switch_it_off() -> None:
    agent, made = desk(reuse_calls=False)
    await played(agent, 'await book("A1")\n1 / 0', 'await book("A1")')
    assert made == ['book A1', 'book A1']


@pytest.mark.parametrize('reuse_calls', [True, False])
async def test_rerun_is_offered_where_calls_are_reused(reuse_calls: bool) -> None:
    agent, _ = desk(reuse_calls=reuse_calls)
    model = TestModel(call_tools=[])
    await agent.run('go', model=model)
    assert model.last_model_request_parameters is not None
    [tool] = model.last_model_request_parameters.function_tools
    assert ('rerun' in tool.parameters_json_schema['properties']) == reuse_calls


async def test_after_a_wait_it_still_is_a_difference_that_there_was_one_before_it() -> None:
    agent, made = desk()
    failed = 'await book("A1")\nawait book("B2")\nawait book("C3")\n1 / 0'
    corrected = 'await book("X9")\nawait sign("it")\nawait book("C3")'
    waiting = await agent.run('go', model=scripted_model(failed, corrected))
    await agent.run(
        model=scripted_model(failed, corrected),
        message_history=waiting.all_messages(),
        deferred_tool_results=decide(waiting.output, True),
    )
    assert made == ['book A1', 'book B2', 'book C3', 'book X9', 'book C3']


async def test_it_also_works_in_a_later_turn_and_process(tmp_path: Any) -> None:
    url = f'sqlite:///{tmp_path}/agent.db'
    first, made = desk(store=SqlStore(url))
    result = await first.run('go', model=scripted_model('await book("A1")\n1 / 0'))
    later, made_later = desk(store=SqlStore(url))
    cells = await played(later, '(await book("A1"))["seat"]', history=result.all_messages())
    assert cells[0].content == {'result': 1, 'notes': [REUSED.format('`book`')]}
    assert (made, made_later) == (['book A1'], [])


async def test_the_model_can_ask_for_all_calls_to_be_made_again() -> None:
    agent, made = desk()
    calls = [{'code': 'await book("A1")\n1 / 0'}, {'code': 'await book("A1")', 'rerun': True}]

    def play(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        played = sum(isinstance(message, ModelResponse) for message in messages)
        parts = [ToolCallPart('run_code', calls[played])] if played < len(calls) else [TextPart('done')]
        return ModelResponse(parts=parts)

    await agent.run('go', model=FunctionModel(play))
    assert made == ['book A1', 'book A1']


@pytest.mark.parametrize(
    'failed',
    [
        'await seats("Z9")\nawait book("A1")\n1 / 0',
        'waits = book("Z9")\nawait book("A1")\n1 / 0',
    ],
    ids=['a read-only tool was asked', 'one was never awaited'],
)
async def test_calls_after_one_without_an_effect_of_its_own_are_not_made_again(failed: str) -> None:
    agent, made = desk()
    await played(agent, failed, failed.replace('1 / 0', '"fine"'))
    assert made.count('book A1') == 1


async def test_what_was_booked_after_a_caught_request_for_approval_is_not_booked_again(tmp_path: Path) -> None:
    agent, made = desk(store=SqlStore(f'sqlite:///{tmp_path}/agent.db'))
    failed = 'import asyncio\nsigned, _ = await asyncio.gather(sign("it"), book("A1"))\n1 / 0'
    waiting = await agent.run('go', model=scripted_model(failed))
    again = await agent.run(
        model=scripted_model(failed, failed.replace('1 / 0', 'signed')),
        message_history=waiting.all_messages(),
        deferred_tool_results=decide(waiting.output, True),
    )
    assert played_cells(again.all_messages())[-1].content['result'] == 'signed it'
    assert made == ['book A1']


@pytest.mark.parametrize('between', ['1 / 0', 'no_such_name'], ids=['fails', 'is refused'])
async def test_a_cell_between_that_did_nothing_of_it_takes_nothing_away(between: str) -> None:
    agent, made = desk()
    await played(agent, 'await book("A1")\nawait book("B2")\n1 / 0', between, 'await book("A1")\nawait book("B2")')
    assert made == ['book A1', 'book B2']


async def test_the_order_in_which_arguments_are_named_makes_no_other_call() -> None:
    made: list[str] = []

    async def pay(bill: int, amount: int) -> str:
        made.append(f'{bill} {amount}')
        return 'paid'

    agent = Agent(tools=[pay], capabilities=[CodeMode()])
    await agent.run('go', model=scripted_model('await pay(bill=1, amount=2)\n1 / 0', 'await pay(amount=2, bill=1)'))
    assert made == ['1 2']


async def test_what_finally_does_after_the_failure_is_not_done_twice_and_the_failure_is_tried_again() -> None:
    agent, made = desk()
    code = 'try:\n    state = await fail(1)\nfinally:\n    await book("A1")\nstate'
    cells = await played(agent, code, code)
    assert cells[1].content['result'] == 'up'
    assert made == ['fail', 'book A1', 'fail']


async def test_a_failure_that_was_caught_as_the_last_call_is_the_same_again() -> None:
    agent, made = desk()
    code = 'try:\n    await fail(1)\nexcept RuntimeError:\n    state = "down"\n'
    cells = await played(agent, f'{code}1 / 0', f'{code}state')
    assert cells[1].content['result'] == 'down'
    assert made == ['fail']


async def test_cells_of_one_response_do_not_correct_each_other() -> None:
    agent, made = desk()
    await played(agent, ['await book("A1")\n1 / 0', 'await book("A1")'])
    assert made == ['book A1', 'book A1']


async def test_the_model_is_told_of_a_call_that_ran_though_nothing_awaited_it() -> None:
    agent, made = desk()
    cells = await played(agent, 'waits = [slowly("A1")]\nb = await book("B2")\nb["seat"]', 'await waits[0]')
    assert made == ['slowly A1', 'book B2']
    assert cells[0].content['result'] == 2
    assert cells[0].content['notes'] == [
        "These ran too, though the cell did not await them:\n  slowly(flight='A1') -> 'booked A1'"
    ]
    assert 'what came back for that cell says whether the call was made' in cells[1].content


async def test_a_correction_that_came_less_far_hands_on_to_a_later_turn_what_it_had(tmp_path: Path) -> None:
    agent, made = desk(store=SqlStore(f'sqlite:///{tmp_path}/agent.db'))
    cells = ['await book("A1")\nawait book("B2")\n1 / 0', *['await book("A1")\n1 / 0'] * 2]
    failed = await agent.run('go', model=scripted_model(*cells))
    await played(agent, 'await book("A1")\nawait book("B2")', history=failed.all_messages())
    assert made == ['book A1', 'book B2']
