"""Without an owner everything belongs together; still, ids alone lead to nothing of another conversation, and an id alone to
nothing at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic_ai.messages import ModelMessage, ModelRequest, ToolReturnPart
from pydantic_ai.tools import DeferredToolResults
from support.owned import Shop, last_cell, told

from pydantic_ai_grail import Approve, MemoryStore, SqlStore, decide
from pydantic_ai_grail.approvals import ApprovalGrant
from pydantic_ai_grail.errors import JournalMismatch

pytestmark = pytest.mark.anyio


@pytest.fixture(params=['memory', 'sqlite'])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Shop:
    return Shop(MemoryStore() if request.param == 'memory' else SqlStore(f'sqlite:///{tmp_path / "agent.db"}'))


def transcript(messages: list[ModelMessage]) -> list[ModelMessage]:
    """Without metadata; the messages still say which conversation they are of."""
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


async def test_a_waiting_cell_of_another_conversation_needs_more_than_ids(shop: Shop) -> None:
    waiting = await shop.run('', 'await pay(200)')
    history = waiting.all_messages()
    whole = DeferredToolResults(approvals={waiting.output.approvals[0].tool_call_id: True})
    with pytest.raises(JournalMismatch, match='nothing but ids says that this run may resume it'):
        await shop.run('', history=history, conversation='mine', prompt=None, deferred_tool_results=whole)
    with pytest.raises(JournalMismatch, match='nothing but ids says that this run may resume it'):
        await shop.run('', history=history, conversation='mine', prompt=None)
    assert shop.paid == []
    answers = decide(waiting.output, True)
    done = await shop.run('', history=history, conversation='mine', prompt=None, deferred_tool_results=answers)
    assert last_cell(done).content == {'result': 'nobody paid 200'}


async def test_a_name_of_the_other_conversation_in_the_history_is_more_than_ids(shop: Shop) -> None:
    waiting = await shop.run('', 'x = 1', 'await pay(200)')
    history = waiting.all_messages()
    whole = DeferredToolResults(approvals={waiting.output.approvals[0].tool_call_id: True})
    with pytest.raises(JournalMismatch):
        await shop.run('', history=transcript(history), conversation='mine', prompt=None, deferred_tool_results=whole)
    done = await shop.run('', history=history, conversation='mine', prompt=None, deferred_tool_results=whole)
    assert last_cell(done).content == {'result': 'nobody paid 200'}


async def test_results_of_a_failed_cell_of_another_conversation_are_not_given(shop: Shop) -> None:
    failed = await shop.run('', 'await pay(1)\n1 / 0')
    await shop.run('', 'await pay(1)', history=transcript(failed.all_messages()), conversation='mine')
    assert shop.paid == [('', 1), ('', 1)]
    await shop.run('', 'await pay(1)', history=transcript(failed.all_messages()))
    assert shop.paid == [('', 1), ('', 1)]


async def test_a_grant_holds_where_the_history_has_the_cell_it_was_given_with(shop: Shop) -> None:
    asked = await shop.run('', 'await pay(100)')
    answers = decide(asked.output, Approve(grant=ApprovalGrant()))
    allowed = await shop.run('', history=asked.all_messages(), prompt=None, deferred_tool_results=answers)
    assert (await shop.run('', 'await pay(200)')).output.approvals
    own = await shop.run('', 'x = 1')
    assert (await shop.run('', 'await pay(200)', history=own.all_messages())).output.approvals
    assert shop.paid == [('', 100)]
    on = await shop.run('', 'await pay(200)', history=transcript(allowed.all_messages()))
    assert last_cell(on).content == {'result': 'nobody paid 200'}


async def test_an_id_alone_tells_nothing_and_does_nothing_twice(shop: Shop) -> None:
    await shop.is_cut_off('', 'await pay(1)\nawait pay(2)')
    again = await shop.run('', 'await pay(1)')
    assert 'bill=2' not in told(again)
    assert shop.paid == [('', 1), ('', 2)]
