"""Two owners over one store, who call everything the same: one who knows all that the other's messages say gets nothing of
his, learns nothing of it, and changes nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai.messages import CompactionPart, ModelMessage, ModelRequest, ModelResponse, ToolReturnPart
from pydantic_ai.run import AgentRunResult
from pydantic_ai.tools import DeferredToolResults
from support.owned import SECRET, Shop, last_cell, told

from pydantic_ai_grail import Approve, CodeMode, MemoryStore, SqlStore, decide
from pydantic_ai_grail.admin.archive import export_conversation, import_conversation
from pydantic_ai_grail.admin.forking import fork_conversation
from pydantic_ai_grail.admin.inspection import list_cells, list_grants, list_unfinished_cells, list_waiting_calls
from pydantic_ai_grail.admin.leases import lease_conversation
from pydantic_ai_grail.admin.retention import delete_expired
from pydantic_ai_grail.approvals import ApprovalGrant
from pydantic_ai_grail.errors import JournalMismatch, JournalTampered, OwnerError, SnapshotMismatch, StoreConflict
from pydantic_ai_grail.stores import ALL_OWNERS, NO_OWNER

pytestmark = pytest.mark.anyio

OTHERS = pytest.mark.parametrize('other', ['bob', ''], ids=['another owner', 'no owner'])


@pytest.fixture(params=['memory', 'sqlite'])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Shop:
    return Shop(MemoryStore() if request.param == 'memory' else SqlStore(f'sqlite:///{tmp_path / "agent.db"}'))


@dataclass(frozen=True, slots=True)
class Ada:
    """What ada's conversation `c` has, as everybody knows it."""

    done: AgentRunResult[Any]
    """`secret = 41` was run, a bill paid, and a cell failed after a payment."""
    waiting: AgentRunResult[Any]
    """A cell that waits for an approval."""
    grant_id: str


async def ada_shops(shop: Shop) -> Ada:
    asked = await shop.run('ada', 'await pay(100)')
    allowed = decide(asked.output, Approve(grant=ApprovalGrant(args={'bill': 500})))
    granted = await shop.run('ada', history=asked.all_messages(), prompt=None, deferred_tool_results=allowed)
    [grant] = await list_grants(shop.store, 'c', owner='ada', secret=SECRET)
    done = await shop.run('ada', 'secret = 41', 'await pay(1)\n1 / 0', history=granted.all_messages())
    waiting = await shop.run('ada', 'x = await pay(200)\nx', history=done.all_messages())
    return Ada(done, waiting, grant.id)


@pytest.fixture
async def ada(shop: Shop) -> Ada:
    return await ada_shops(shop)


def stripped(messages: list[ModelMessage]) -> list[ModelMessage]:
    """As a front end sends them back: without metadata and without the ids of conversations."""
    return [
        replace(
            message,
            conversation_id=None,
            run_id=None,
            parts=[
                replace(part, metadata=None) if isinstance(part, ToolReturnPart) else part for part in message.parts
            ],
        )
        for message in messages
    ]


def cut(messages: list[ModelMessage]) -> list[ModelMessage]:
    """Up to the last call of a cell, as if its process had died."""
    number = max(n for n, each in enumerate(messages) if isinstance(each, ModelResponse) and each.tool_calls)
    return messages[: number + 1]


HISTORIES: dict[str, Callable[[Ada], list[ModelMessage]]] = {
    'no history': lambda ada: [],
    'all messages': lambda ada: ada.done.all_messages(),
    'all messages without metadata': lambda ada: stripped(ada.done.all_messages()),
    'a compaction part': lambda ada: [ModelRequest([CompactionPart('You have set secret to 41.')])],
    'a compaction part of a provider': lambda ada: [
        ModelResponse([CompactionPart('secret', provider_name='p', id='1')])
    ],
}


@OTHERS
@pytest.mark.parametrize('options', [{}, {'compacts_history': True}], ids=['', 'compacts'])
@pytest.mark.parametrize('conversation', ['c', 'mine'])
@pytest.mark.parametrize('history', HISTORIES)
async def test_no_history_opens_the_variables_of_another(
    shop: Shop, ada: Ada, history: str, conversation: str, options: dict[str, Any], other: str
) -> None:
    result = await shop.run(
        other, 'secret', history=HISTORIES[history](ada), conversation=conversation, options=options
    )
    assert last_cell(result).outcome in ('refused', 'failed')
    assert '41' not in str(last_cell(result).content)
    assert 'are live' not in told(result)
    assert 'ada paid' not in told(result)
    assert shop.paid == [('ada', 100), ('ada', 1)]


@OTHERS
@pytest.mark.parametrize('answer', ['decide', 'whole', 'none'])
@pytest.mark.parametrize('form', ['as it is', 'stripped'])
async def test_no_waiting_cell_of_another_is_resumed(shop: Shop, ada: Ada, answer: str, form: str, other: str) -> None:
    history = ada.waiting.all_messages()
    answers = {
        'decide': decide(ada.waiting.output, True),
        'whole': DeferredToolResults(approvals={ada.waiting.output.approvals[0].tool_call_id: True}),
        'none': None,
    }[answer]
    given = stripped(history) if form == 'stripped' else history
    if answers is None:
        result = await shop.run(other, history=given, prompt=None)
        assert ('ada', 200) not in shop.paid
        assert result.output.approvals  # a cell of his own, which asks for itself
    else:
        with pytest.raises(JournalMismatch, match='has no journal of it'):
            await shop.run(other, history=given, prompt=None, deferred_tool_results=answers)
    assert shop.paid == [('ada', 100), ('ada', 1)]
    done = await shop.run('ada', history=history, prompt=None, deferred_tool_results=decide(ada.waiting.output, True))
    assert last_cell(done).content == {'result': 'ada paid 200'}


@OTHERS
async def test_what_another_was_granted_allows_nothing(shop: Shop, ada: Ada, other: str) -> None:
    result = await shop.run(other, 'await pay(500)', history=ada.done.all_messages())
    assert result.output.approvals
    assert (other, 500) not in shop.paid
    allowed = await shop.run('ada', 'await pay(500)', history=ada.done.all_messages())
    assert last_cell(allowed).content == {'result': 'ada paid 500'}


@OTHERS
async def test_a_correction_is_given_no_results_of_another(shop: Shop, ada: Ada, other: str) -> None:
    result = await shop.run(other, 'await pay(1)', history=ada.done.all_messages())
    assert last_cell(result).content['result'] == f'{other or "nobody"} paid 1'
    mine = await shop.run('ada', 'await pay(1)', history=ada.done.all_messages())
    assert last_cell(mine).content['result'] == 'ada paid 1'
    assert shop.paid == [('ada', 100), ('ada', 1), (other, 1)]


@OTHERS
@pytest.mark.parametrize('form', ['as it is', 'stripped'])
async def test_a_cell_that_another_began_is_not_gone_on_with(shop: Shop, ada: Ada, form: str, other: str) -> None:
    ran = await shop.run('ada', 'await pay(7)')
    history = cut(ran.all_messages())
    result = await shop.run(other, history=stripped(history) if form == 'stripped' else history, prompt=None)
    assert last_cell(result).content == {'result': f'{other or "nobody"} paid 7'}
    assert len(set(shop.keys)) == len(shop.keys)  # a payment service must not take one for the other


@OTHERS
async def test_nobody_is_told_or_given_what_was_cut_off_for_another(shop: Shop, other: str) -> None:
    await shop.is_cut_off('ada', 'await pay(1)\nawait pay(2)')
    result = await shop.run(other, 'await pay(1)\nawait pay(2)')
    assert last_cell(result).content == {'result': f'{other or "nobody"} paid 2'}
    assert 'interrupted' not in told(result)
    again = await shop.run('ada', 'await pay(1)\nawait pay(2)')
    assert again.output.approvals  # nobody knows of bill 2


Door = Callable[[Shop, Ada, str | None, Path], Awaitable[Any]]


async def exported(shop: Shop, ada: Ada, owner: str | None, folder: Path) -> Any:
    with pytest.raises(Exception, match='has nothing of conversation'):
        await export_conversation(shop.store, 'c', folder / 'c.grail', owner=owner)


async def imported(shop: Shop, ada: Ada, owner: str | None, folder: Path) -> Any:
    await export_conversation(shop.store, 'c', folder / 'c.grail', owner='ada')
    with pytest.raises(OwnerError, match="is another owner's"):
        await import_conversation(MemoryStore(), folder / 'c.grail', owner=owner)


async def forked(shop: Shop, ada: Ada, owner: str | None, folder: Path) -> Any:
    with pytest.raises(Exception, match='has nothing of conversation'):
        await fork_conversation(shop.store, 'c', new_id='d', history=[], owner=owner, secret=SECRET)


async def leased(shop: Shop, ada: Ada, owner: str | None, folder: Path) -> Any:
    async with lease_conversation(shop.store, 'c', owner='ada'), lease_conversation(shop.store, 'c', owner=owner):
        with pytest.raises(StoreConflict):
            async with lease_conversation(shop.store, 'c', owner='ada'):
                pass


async def expired(shop: Shop, ada: Ada, owner: str | None, folder: Path) -> Any:
    gone = await delete_expired(
        shop.store, older_than=timedelta(0), owner=owner, secret=SECRET, unfinished_older_than=timedelta(0)
    )
    return gone.conversations or gone.spared


def code_mode(shop: Shop, owner: str | None) -> CodeMode[Any]:
    return CodeMode(store=shop.store, secret=SECRET, owner=owner)


DOORS: dict[str, Door] = {
    'list_cells': lambda shop, ada, owner, _: list_cells(shop.store, 'c', owner=owner, secret=SECRET),
    'list_unfinished_cells': lambda shop, ada, owner, _: list_unfinished_cells(shop.store, owner=owner, secret=SECRET),
    'list_waiting_calls': lambda shop, ada, owner, _: list_waiting_calls(shop.store, owner=owner, secret=SECRET),
    'list_grants': lambda shop, ada, owner, _: list_grants(shop.store, 'c', owner=owner, secret=SECRET),
    'CodeMode.grants': lambda shop, ada, owner, _: code_mode(shop, owner).grants('c'),
    'CodeMode.revoke': lambda shop, ada, owner, _: code_mode(shop, owner).revoke('c', ada.grant_id),
    'CodeMode.grants of another mode': lambda shop, ada, owner, _: code_mode(shop, 'eve').grants('c', owner=owner),
    'export_conversation': exported,
    'import_conversation': imported,
    'fork_conversation': forked,
    'lease_conversation': leased,
    'expire': expired,
    'store.conversations': lambda shop, ada, owner, _: shop.store.conversations(owner=owner or NO_OWNER),
    'store.forget': lambda shop, ada, owner, _: shop.store.forget(owner=owner or NO_OWNER, conversation_id='c'),
}


@OTHERS
@pytest.mark.parametrize('door', DOORS)
async def test_no_function_gives_or_changes_what_is_anothers(
    shop: Shop, ada: Ada, door: str, other: str, tmp_path: Path
) -> None:
    before = await shop.store.contents('c', owner='ada')
    assert not await DOORS[door](shop, ada, other or None, tmp_path)
    assert await shop.store.contents('c', owner='ada') == before
    assert await list_grants(shop.store, 'c', owner='ada', secret=SECRET)


async def test_each_has_all_that_is_his(shop: Shop) -> None:
    for user in ('ada', 'bob', ''):
        first = await shop.run(user, f'secret = {user!r}')
        assert last_cell(await shop.run(user, 'secret', history=first.all_messages())).content == {'result': user}
        cells = await list_cells(shop.store, 'c', owner=user or None, secret=SECRET)
        assert [cell.variables for cell in cells] == [{'secret': f'str, {len(user)}'}] * 2
    assert sorted(each.owner for each in await shop.store.conversations(owner=ALL_OWNERS)) == ['', 'ada', 'bob']


async def test_an_operator_who_asks_for_all_owners_sees_all_and_whose_it_is(shop: Shop, ada: Ada) -> None:
    found = await list_waiting_calls(shop.store, owner=ALL_OWNERS, secret=SECRET)
    assert [(each.owner, each.conversation_id, each.call.args) for each in found] == [('ada', 'c', {'bill': 200})]
    assert (await delete_expired(shop.store, older_than=timedelta(0), owner=ALL_OWNERS, secret=SECRET)).spared[
        0
    ].owner == 'ada'


async def test_a_copy_for_another_owner_is_made_where_both_are_named(shop: Shop) -> None:
    first = await shop.run('', 'secret = 41')
    history = await fork_conversation(
        shop.store, 'c', new_id='c', history=first.all_messages(), new_owner='ada', secret=SECRET
    )
    assert last_cell(await shop.run('ada', 'secret', history=history)).content == {'result': 41}
    assert last_cell(await shop.run('bob', 'secret', history=history)).outcome in ('refused', 'failed')


async def test_rows_that_somebody_gave_to_another_owner_are_refused(tmp_path: Path) -> None:
    file = tmp_path / 'agent.db'
    shop = Shop(SqlStore(f'sqlite:///{file}'))
    ada = await ada_shops(shop)
    with closing(sqlite3.connect(file)) as connection, connection:
        for table in ('grail_snapshots', 'grail_journals'):
            connection.execute(f"UPDATE {table} SET owner = 'bob'")
    with pytest.raises(SnapshotMismatch) as caught:
        await shop.run('bob', 'secret', history=ada.done.all_messages(), options={'on_lost_state': 'error'})
    assert 'ada' not in str(caught.value)
    answers = decide(ada.waiting.output, True)
    with pytest.raises((JournalTampered, SnapshotMismatch)):
        await shop.run('bob', history=ada.waiting.all_messages(), prompt=None, deferred_tool_results=answers)
    with pytest.raises(JournalTampered):
        await list_grants(shop.store, 'c', owner='bob', secret=SECRET)
    cells = await list_cells(shop.store, 'c', owner='bob', secret=SECRET)
    assert all(cell.problem and cell.code is None for cell in cells)
    assert shop.paid == [('ada', 100), ('ada', 1)]
