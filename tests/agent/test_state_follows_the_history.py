"""A run takes its state from the newest cell in its history: later turns, rewinds, forks, JSON, compaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from pydantic_ai.messages import (
    CompactionPart,
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolReturnPart,
    UserPromptPart,
)
from support.agents import agent_with, last, turn

from pydantic_ai_grail import MemoryStore, SqlStore
from pydantic_ai_grail.stores.base import Store
from pydantic_ai_grail.testing import played_cells

pytestmark = pytest.mark.anyio


@pytest.fixture(params=['memory', 'sqlite'])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore() if request.param == 'memory' else SqlStore(f'sqlite:///{tmp_path / "agent.db"}')


async def test_a_later_turn_finds_the_variables_of_the_one_before(store: Store) -> None:
    agent = agent_with(store=store)
    first = await turn(agent, 'x = 41')
    second = await turn(agent, 'x + 1', history=first.all_messages())
    assert last(second) == {'result': 42}


async def test_a_history_that_went_through_json_finds_them_too(store: Store) -> None:
    agent = agent_with(store=store)
    first = await turn(agent, 'x = 41')
    history = ModelMessagesTypeAdapter.validate_json(first.all_messages_json())
    assert last(await turn(agent, 'x + 1', history=history)) == {'result': 42}


async def test_another_agent_over_the_same_database_finds_them_too(tmp_path: Path) -> None:
    url = f'sqlite:///{tmp_path / "agent.db"}'
    first = await turn(agent_with(store=SqlStore(url)), 'x = 41')
    assert last(await turn(agent_with(store=SqlStore(url)), 'x + 1', history=first.all_messages())) == {'result': 42}


async def test_a_rewound_history_finds_the_older_state(store: Store) -> None:
    agent = agent_with(store=store)
    first = await turn(agent, 'x = 1')
    second = await turn(agent, 'x = 2', history=first.all_messages())
    await turn(agent, 'x = 3', history=second.all_messages())
    assert last(await turn(agent, 'x', history=first.all_messages())) == {'result': 1}


async def test_a_history_rewound_to_before_its_first_cell_finds_nothing(store: Store) -> None:
    agent = agent_with(store=store)
    before = await turn(agent, conversation='c')
    await turn(agent, 'x = 2', history=before.all_messages(), conversation='c')
    again = await turn(agent, 'x', history=before.all_messages(), conversation='c')
    assert 'x' in str(last(again))
    assert played_cells(again.new_messages())[-1].outcome in ('refused', 'failed')


async def test_two_forks_of_a_history_go_their_own_ways(store: Store) -> None:
    agent = agent_with(store=store)
    trunk = (await turn(agent, 'x = [0]')).all_messages()
    left = await turn(agent, 'x.append(1); x', history=trunk)
    right = await turn(agent, 'x.append(2); x', history=trunk)
    assert (last(left), last(right)) == ({'result': [0, 1]}, {'result': [0, 2]})
    assert last(await turn(agent, 'x', history=left.all_messages())) == {'result': [0, 1]}
    assert last(await turn(agent, 'x', history=right.all_messages())) == {'result': [0, 2]}


async def test_a_fork_under_a_new_conversation_id_finds_its_past(store: Store) -> None:
    agent = agent_with(store=store)
    trunk = await turn(agent, 'x = 1', conversation='old')
    await turn(agent, 'x = 2', history=trunk.all_messages(), conversation='old')
    fork = await turn(agent, 'x', history=trunk.all_messages(), conversation='new')
    assert last(fork) == {'result': 1}
    assert last(await turn(agent, 'x + 10', history=fork.all_messages(), conversation='new')) == {'result': 11}


@pytest.mark.parametrize('conversation', ['same', 'new'])
async def test_a_fork_at_a_failed_cell_finds_what_it_had_assigned(store: Store, conversation: str) -> None:
    agent = agent_with(store=store)
    trunk = await turn(agent, 'x = 1', 'x = 2\ny = 1 / 0', conversation='same')
    assert played_cells(trunk.new_messages())[-1].outcome in ('refused', 'failed')
    await turn(agent, 'x = 3', history=trunk.all_messages(), conversation='same')
    assert last(await turn(agent, 'x', history=trunk.all_messages(), conversation=conversation)) == {'result': 2}


@pytest.mark.parametrize('conversation', ['same', 'new'])
async def test_a_fork_in_the_middle_of_a_turn_finds_the_state_of_that_moment(store: Store, conversation: str) -> None:
    agent = agent_with(store=store)
    trunk = (await turn(agent, 'x = 1', 'x = 2', 'x = 3', conversation='same')).all_messages()
    for cells, expected in ((1, 1), (2, 2), (3, 3)):
        history = _up_to_cell(trunk, cells)
        fork = await turn(agent, 'x', history=history, conversation=conversation)
        assert last(fork) == {'result': expected}


async def test_a_fork_at_a_refused_cell_finds_the_state_before_it(store: Store) -> None:
    agent = agent_with(store=store)
    trunk = await turn(agent, 'x = 1', 'x = 2\nimport nothing_of_this_name')
    assert played_cells(trunk.new_messages())[-1].outcome in ('refused', 'failed')
    assert last(await turn(agent, 'x', history=trunk.all_messages())) == {'result': 1}


async def test_cells_of_one_response_run_in_order_and_share_their_state(store: Store) -> None:
    agent = agent_with(store=store)
    run = await turn(agent, ['x = 1', 'x += 1\nx', 'x += 1\nx'], 'x')
    assert [cell.content for cell in played_cells(run.new_messages())] == [
        {'result': 1},
        {'result': 2},
        {'result': 3},
        {'result': 3},
    ]


async def test_a_history_that_was_compacted_finds_the_newest_state_of_its_conversation(store: Store) -> None:
    agent = agent_with(store=store)
    await turn(agent, 'x = 41', conversation='c')
    summary = [ModelRequest([CompactionPart('You have set x to 41.')])]
    assert last(await turn(agent, 'x + 1', history=summary, conversation='c')) == {'result': 42}


async def test_a_compaction_within_a_response_counts_too(store: Store) -> None:
    agent = agent_with(store=store)
    await turn(agent, 'x = 41', conversation='c')
    summary = [ModelResponse([CompactionPart('x is 41.', provider_name='anthropic'), TextPart('x is 41.')])]
    assert last(await turn(agent, 'x + 1', history=summary, conversation='c')) == {'result': 42}


async def test_a_history_that_was_compacted_and_goes_on_with_a_refused_cell_finds_it_too(store: Store) -> None:
    agent = agent_with(store=store)
    await turn(agent, 'x = 41', conversation='c')
    summary = [ModelRequest([CompactionPart('You have set x to 41.')])]
    refused = await turn(agent, 'import nothing_of_this_name', history=summary, conversation='c')
    assert last(await turn(agent, 'x + 1', history=refused.all_messages(), conversation='c')) == {'result': 42}


async def test_an_application_may_say_that_it_compacts_histories_itself(store: Store) -> None:
    said, unsaid = agent_with(store=store, compacts_history=True), agent_with(store=store)
    await turn(said, 'x = 41', conversation='c')
    summary = [ModelRequest([UserPromptPart('You have set x to 41.')])]
    assert last(await turn(said, 'x + 1', history=summary, conversation='c')) == {'result': 42}
    assert played_cells((await turn(unsaid, 'x', history=summary, conversation='c')).new_messages())[-1].outcome in (
        'refused',
        'failed',
    )
    assert played_cells((await turn(said, 'x', conversation='c')).new_messages())[-1].outcome in ('refused', 'failed')


@pytest.mark.parametrize('owner', [None, 'ada'])
async def test_an_id_alone_gives_nothing(store: Store, owner: str | None) -> None:
    agent = agent_with(store=store, owner=owner)
    await turn(agent, 'x = 41', conversation='c')
    again = await turn(agent, 'x', conversation='c')
    assert played_cells(again.new_messages())[-1].outcome in ('refused', 'failed')
    assert 'x (int)' not in _told(again.all_messages())


@pytest.mark.parametrize('owner', [None, 'ada'])
async def test_editing_the_first_message_takes_the_variables_away(store: Store, owner: str | None) -> None:
    agent = agent_with(store=store, owner=owner)
    first = await turn(agent, 'x = 41', conversation='c')
    assert last(await turn(agent, 'x + 1', history=first.all_messages(), conversation='c')) == {'result': 42}
    edited = await turn(agent, 'x', conversation='c')
    assert played_cells(edited.new_messages())[-1].outcome in ('refused', 'failed')
    assert last(await turn(agent, 'x = 2\nx', conversation='c')) == {'result': 2}


async def test_a_forged_history_of_ids_and_code_opens_nothing_of_another_conversation(store: Store) -> None:
    agent = agent_with(store=store)
    first = await turn(agent, 'secret = 41', conversation='c')
    forged = _without_metadata(first.all_messages())
    for conversation_of_messages in ('c', None):
        history = [replace(message, conversation_id=conversation_of_messages) for message in forged]
        opened = await turn(agent, 'secret', history=history, conversation='mine')
        assert played_cells(opened.new_messages())[-1].outcome in ('refused', 'failed')
        assert 'secret' not in _told(opened.new_messages()[:1])
    history = [replace(message, conversation_id=None) for message in forged]
    assert last(await turn(agent, 'secret', history=history, conversation='c')) == {'result': 41}


async def test_within_one_owner_a_history_without_metadata_may_be_forked(store: Store) -> None:
    agent = agent_with(store=store, owner='ada')
    first = await turn(agent, 'x = 41', conversation='c')
    history = [replace(message, conversation_id=None) for message in _without_metadata(first.all_messages())]
    assert last(await turn(agent, 'x', history=history, conversation='mine')) == {'result': 41}
    other = agent_with(store=store, owner='bob')
    assert played_cells((await turn(other, 'x', history=history, conversation='mine')).new_messages())[-1].outcome in (
        'refused',
        'failed',
    )


async def test_the_model_is_told_at_the_start_of_a_turn_which_variables_live(store: Store) -> None:
    agent = agent_with(store=store)
    first = await turn(agent, 'import json\nrows = [1, 2, 3]\nname = "x"\ndef f(): ...')
    second = await turn(agent, 'rows', history=first.all_messages())
    assert (
        'Variables from earlier turns are live: rows (list, 3), name (str, 1). Functions, classes and modules: f, json.'
        in _told(second.all_messages())
    )


async def test_a_restart_forgets_everything(store: Store) -> None:
    from pydantic_ai.messages import TextPart, ToolCallPart
    from pydantic_ai.models.function import AgentInfo, FunctionModel

    def play(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        played = len(played_cells(messages))
        if played == 2:
            return ModelResponse(parts=[TextPart('done')])
        arguments = (
            {'code': 'x = 1'}
            if played == 0
            else {'code': 'try:\n    x\nexcept NameError:\n    gone = True\ngone', 'restart': True}
        )
        return ModelResponse(parts=[ToolCallPart('run_code', arguments)])

    run = await agent_with(store=store).run('go', model=FunctionModel(play))
    assert last(run) == {'result': True}
    assert last(await turn(agent_with(store=store), 'gone', history=run.all_messages())) == {'result': True}


async def test_twenty_concurrent_conversations_never_see_each_others_names(store: Store) -> None:
    agent = agent_with(store=store)
    results: dict[int, list[Any]] = {}

    async def converse(number: int) -> None:
        history: list[ModelMessage] = []
        for step in range(3):
            cell = f'own_{number} = {number * 10 + step}' if step == 0 else f'own_{number} += 1\nown_{number}'
            probe = (
                f'try:\n    other = own_{(number + 1) % 20}\nexcept NameError:\n    other = None\n[own_{number}, other]'
            )
            result = await turn(agent, cell, probe, history=history, conversation=f'c{number}')
            history = result.all_messages()
            results.setdefault(number, []).append(last(result)['result'])

    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(converse, number)
    assert results == {number: [[number * 10 + step, None] for step in range(3)] for number in range(20)}


def _up_to_cell(messages: Sequence[ModelMessage], count: int) -> list[ModelMessage]:
    """The history up to the return of its `count`-th cell."""
    kept: list[ModelMessage] = []
    for message in messages:
        kept.append(message)
        if len(played_cells(kept)) == count and isinstance(message, ModelRequest):
            break
    return kept


def _without_metadata(messages: Sequence[ModelMessage]) -> list[ModelMessage]:
    """As a transcript has them: what was called, with which ids and what code."""
    return [
        replace(
            message,
            parts=[
                replace(part, metadata=None) if isinstance(part, ToolReturnPart) else part for part in message.parts
            ],
        )
        if isinstance(message, ModelRequest)
        else message
        for message in messages
    ]


def _told(messages: Sequence[ModelMessage]) -> str:
    return '\n'.join(
        f'{message.instructions or ""}\n{message.parts}' for message in messages if isinstance(message, ModelRequest)
    )


async def test_a_method_of_an_earlier_class_is_no_gap_of_the_sandbox(store: Store) -> None:
    agent = agent_with(store=store)
    first = await turn(agent, 'class Path:\n    def is_reserved(self):\n        return "mine"')
    assert last(await turn(agent, 'Path().is_reserved()', history=first.all_messages())) == {'result': 'mine'}


async def test_a_large_state_is_found_by_a_compacted_history(store: Store) -> None:
    agent = agent_with(store=store)
    await turn(agent, 'x = list(range(1_000_000))', conversation='c')
    summary = [ModelRequest([CompactionPart('x is a list.')])]
    assert last(await turn(agent, 'len(x)', history=summary, conversation='c')) == {'result': 1_000_000}
