"""A copy of a conversation that stands on its own: under another id, with a history of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic_ai.messages import ModelMessagesTypeAdapter
from support.bills import SECRET, till

from pydantic_ai_grail import Approve, MemoryStore, Store, StoreError, decide
from pydantic_ai_grail.admin.forking import fork_conversation
from pydantic_ai_grail.admin.inspection import list_cells, list_grants
from pydantic_ai_grail.approvals import ApprovalGrant
from pydantic_ai_grail.errors import SnapshotError, SnapshotKeyUnknown
from pydantic_ai_grail.testing import played_cells

pytestmark = pytest.mark.anyio


async def test_a_copy_goes_on_when_the_original_is_forgotten(store: Store) -> None:
    paid: list[int] = []
    agent = till(store, 'x = {7}', 'y = await pay(1)', 'z = [y, await pay(2, 200), x]', paid=paid)
    waiting = await agent.run('go', conversation_id='A')
    history = await fork_conversation(store, 'A', new_id='B', history=waiting.all_messages(), secret=SECRET)
    await store.forget(conversation_id='A')
    read = ModelMessagesTypeAdapter.validate_json(ModelMessagesTypeAdapter.dump_json(history))
    done = await agent.run(message_history=read, deferred_tool_results=decide(waiting.output, True))
    assert played_cells(done.all_messages())[-1].content == {'result': ['paid 1', 'paid 2', [7]]}
    assert paid == [1, 2]
    assert {message.conversation_id for message in done.all_messages()} == {'B'}
    assert [summary.conversation_id for summary in await store.conversations()] == ['B']


async def test_a_copy_of_the_past_goes_on_from_there(store: Store) -> None:
    first = await till(store, 'x = 1').run('go', conversation_id='A')
    await till(store, 'x = 2').run('go', message_history=first.all_messages())
    history = await fork_conversation(store, 'A', new_id='B', history=first.all_messages(), secret=SECRET)
    await store.forget(conversation_id='A')
    done = await till(store, 'x + 10').run('go', message_history=history)
    assert played_cells(done.all_messages())[-1].content == {'result': 11}


async def test_the_original_stays_as_it_is_and_goes_on(store: Store) -> None:
    agent = till(store, 'x = 1', 'await pay(2, 200)\nx')
    waiting = await agent.run('go', conversation_id='A')
    before = await store.contents('A')
    await fork_conversation(store, 'A', new_id='B', history=waiting.all_messages(), secret=SECRET)
    assert await store.contents('A') == before
    await store.forget(conversation_id='B')
    done = await agent.run(message_history=waiting.all_messages(), deferred_tool_results=decide(waiting.output, True))
    assert played_cells(done.all_messages())[-1].content == {'result': 1}


async def test_the_seals_of_a_copy_are_right(store: Store) -> None:
    result = await till(store, 'x = 1', 'await pay(2)\n1 / 0').run('go', conversation_id='A')
    await fork_conversation(store, 'A', new_id='B', history=result.all_messages(), secret=SECRET)
    original, copy = [await list_cells(store, name, secret=SECRET) for name in 'AB']
    assert [cell.problem for cell in copy] == [None, None]
    assert [(cell.cell_id, cell.status, cell.code, cell.variables, cell.entries) for cell in copy] == [
        (cell.cell_id, cell.status, cell.code, cell.variables, cell.entries) for cell in original
    ]
    names = {record.name for record in (await store.contents('B')).snapshots}
    parents = [record.parent for record in (await store.contents('B')).snapshots]
    assert parents[0] is None
    assert parents[1] in names


async def test_a_copy_has_none_of_the_grants(store: Store) -> None:
    agent = till(store, 'await pay(1, 200)')
    waiting = await agent.run('go', conversation_id='A')
    done = await agent.run(
        message_history=waiting.all_messages(),
        deferred_tool_results=decide(waiting.output, Approve(grant=ApprovalGrant())),
    )
    await fork_conversation(store, 'A', new_id='B', history=done.all_messages(), secret=SECRET)
    assert [len(await list_grants(store, name, secret=SECRET)) for name in 'AB'] == [1, 0]


async def test_what_is_not_there_or_there_already_is_not_copied(store: Store) -> None:
    result = await till(store, 'x = 1').run('go', conversation_id='A')
    with pytest.raises(StoreError, match=r"has nothing of conversation 'nobody'"):
        await fork_conversation(store, 'nobody', new_id='B', history=[], secret=SECRET)
    with pytest.raises(StoreError, match=r"has something of conversation 'A' already"):
        await fork_conversation(store, 'A', new_id='A', history=result.all_messages(), secret=SECRET)


async def test_nothing_is_left_of_a_copy_that_could_not_be_finished() -> None:
    store = MemoryStore()
    result = await till(store, 'x = 1', 'y = 2').run('go', conversation_id='A')
    last = (await store.contents('A')).snapshots[-1]
    await store.save(replace(last, name='another', data=last.data[:-1]))
    with pytest.raises(SnapshotError):
        await fork_conversation(store, 'A', new_id='B', history=result.all_messages(), secret=SECRET)
    assert [summary.conversation_id for summary in await store.conversations()] == ['A']


async def test_what_another_secret_sealed_is_not_copied(store: Store) -> None:
    result = await till(store, 'x = 1').run('go', conversation_id='A')
    with pytest.raises(SnapshotKeyUnknown):
        await fork_conversation(
            store, 'A', new_id='B', history=result.all_messages(), secret='another secret than that'
        )


async def test_messages_and_states_from_before_an_earlier_fork_stay_where_they_are(store: Store) -> None:
    first = await till(store, 'x = 1').run('go', conversation_id='origin')
    forked = await till(store, 'y = x + 1').run('go', message_history=first.all_messages(), conversation_id='A')
    history = await fork_conversation(store, 'A', new_id='B', history=forked.all_messages(), secret=SECRET)
    assert [message.conversation_id for message in history] == ['origin'] * 4 + ['B'] * 4
    assert history[:4] == forked.all_messages()[:4]
    await store.forget(conversation_id='A')
    done = await till(store, 'x + y').run('go', message_history=history)
    assert played_cells(done.all_messages())[-1].content == {'result': 3}
    rewound = await till(store, 'x').run('go', message_history=history[:4])
    assert played_cells(rewound.all_messages())[-1].content == {'result': 1}
