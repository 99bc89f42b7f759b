"""Ids come from clients and providers: one that no store could keep is refused before anything ran, or named otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from support.agents import agent_with, last, turn

from pydantic_ai_grail import MemoryStore, SqlStore, Store
from pydantic_ai_grail._common.identifiers import MAX_ID_BYTES
from pydantic_ai_grail.admin.forking import fork_conversation
from pydantic_ai_grail.admin.inspection import list_cells
from pydantic_ai_grail.admin.leases import lease_conversation
from pydantic_ai_grail.errors import ConversationIdError, OwnerError
from pydantic_ai_grail.testing import played_cells

pytestmark = pytest.mark.anyio

NO_IDS = ['', '  ', 'a\0b', 'a\nb', '\ud800', 'x' * (MAX_ID_BYTES + 1), 'é' * MAX_ID_BYTES, 'x' * 1_000_000]
KEPT = 'é' * (MAX_ID_BYTES // 2)
made: list[int] = []


async def pay(bill: int) -> int:
    """Pay a bill."""
    made.append(bill)
    return bill


@pytest.fixture(autouse=True)
def nothing_made() -> None:
    made.clear()


@pytest.fixture(params=['memory', 'sqlite', 'postgresql'])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == 'postgresql':
        return SqlStore(request.getfixturevalue('postgresql_url'))
    return MemoryStore() if request.param == 'memory' else SqlStore(f'sqlite:///{tmp_path}/agent.db')


@pytest.mark.parametrize('id', NO_IDS, ids=lambda id: f'{id[:4]!a}{len(id)}')
async def test_a_run_of_a_conversation_that_cannot_be_named_does_nothing(id: str) -> None:
    with pytest.raises(ConversationIdError, match=r'conversation_id names a conversation; got (?s:.)*Nothing was done'):
        await turn(agent_with(pay), 'await pay(1)', conversation=id)
    assert made == []


@pytest.mark.parametrize('id', NO_IDS, ids=lambda id: f'{id[:4]!a}{len(id)}')
async def test_no_function_begins_one(id: str) -> None:
    store = MemoryStore()
    with pytest.raises(ConversationIdError):
        await fork_conversation(store, 'A', new_id=id, history=[])
    with pytest.raises(ConversationIdError):
        await lease_conversation(store, id).__aenter__()
    with pytest.raises(OwnerError):
        await list_cells(store, 'A', owner=id)
    assert await list_cells(store, id) == []  # to ask is no harm: agents of before such ids were refused may have them


async def test_the_longest_ids_together_are_kept_by_every_store(any_store: Store) -> None:
    agent = agent_with(pay, store=any_store, owner=KEPT, secret='s' * 32, journal_writes='call')
    first = await agent.run('go', model=calls_with(KEPT), conversation_id=KEPT)
    assert last(first) == {'result': 1}
    second = await turn(agent, '[x, await pay(2)]', history=first.all_messages())
    assert last(second) == {'result': [1, 2]}


@pytest.mark.parametrize('id', NO_IDS[2:4] + NO_IDS[5:], ids=lambda id: f'{id[:4]!a}{len(id)}')
async def test_a_call_whose_id_no_store_could_keep_is_a_cell_like_any_other(id: str, any_store: Store) -> None:
    agent = agent_with(pay, store=any_store, secret='s' * 32, journal_writes='call')
    first = await agent.run('go', model=calls_with(id), conversation_id=f'conversation of {len(id)} {id[:1]}')
    assert played_cells(first.all_messages())[0].content == {'result': 1}
    second = await turn(agent, 'x', history=first.all_messages())
    assert last(second) == {'result': 1}


def calls_with(tool_call_id: str) -> FunctionModel:
    def play(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if len(messages) > 1:
            return ModelResponse(parts=[TextPart('done')])
        return ModelResponse(parts=[ToolCallPart('run_code', {'code': 'x = await pay(1)'}, tool_call_id=tool_call_id)])

    return FunctionModel(play)
