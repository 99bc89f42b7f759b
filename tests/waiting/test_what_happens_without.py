"""`docs/operating/what-happens.md` on what does not come: an answer of the store, and the approval."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai import Agent, CallToolsNode, DeferredToolRequests
from pydantic_ai.messages import ModelMessage
from support.desk import told
from support.desk_stories import STORIES
from support.scripts import scripted_model
from support.till import Till, as_stored, last

from pydantic_ai_grail import CodeMode, MemoryStore, StoreError, waiting_calls
from pydantic_ai_grail.stores import Claim, JournalRecord, SnapshotRecord

pytestmark = pytest.mark.anyio


class SwitchedOff(MemoryStore):
    """A store that answers as long as it is on."""

    is_on = True

    def look(self) -> None:
        if not self.is_on:
            raise ConnectionError('the server is gone')

    async def load(self, name: str, *, owner: str = '') -> SnapshotRecord | None:
        self.look()
        return await super().load(name, owner=owner)

    async def append(
        self, records: Sequence[JournalRecord], *, claim: Claim, now: datetime, release: bool = False
    ) -> None:
        self.look()
        await super().append(records, claim=claim, now=now, release=release)


class Shop:
    """An application over such a store. What it bought outlives its runs."""

    def __init__(self, **options: Any) -> None:
        self.store, self.options = SwitchedOff(), options
        self.bought: list[str] = []
        self.switches_off_in: str | None = None
        self.history: list[ModelMessage] = []
        """As far as the application has stored it."""

    async def asks(self, *cells: str, prompt: str | None = 'go') -> Any:
        async def buy(what: str) -> str:
            self.bought.append(what)
            if what == self.switches_off_in:
                self.store.is_on = False
            return f'bought {what}'

        agent: Agent[None, Any] = Agent(
            scripted_model(*cells),
            tools=[buy],
            output_type=[str, DeferredToolRequests],
            capabilities=[CodeMode(store=self.store, journal_writes='call', **self.options)],
        )
        async with agent.iter(prompt, message_history=self.history) as run:
            async for node in run:
                if isinstance(node, CallToolsNode):
                    self.history = as_stored(run.all_messages())
        return run.result


async def test_when_the_store_is_down_before_anything_ran() -> None:
    shop = Shop(on_lost_state='restart')
    await shop.asks('x = 1')
    shop.store.is_on = False
    assert last(await shop.asks('2 + 2')) == {
        'result': 4,
        'notes': [
            'All variables and functions of earlier cells are gone (their stored copy could not be read). '
            'Define again what you still need.'
        ],
    }


async def test_or_the_run_ends_where_a_state_must_not_be_lost() -> None:
    shop = Shop(on_lost_state='error')
    await shop.asks('x = 1')
    shop.store.is_on = False
    with pytest.raises(StoreError, match='the server is gone'):
        await shop.asks('2 + 2')


async def test_when_the_store_is_down_before_a_call() -> None:
    shop = Shop()
    shop.store.is_on = False
    with pytest.raises(StoreError, match='the server is gone'):
        await shop.asks('await buy("milk")')
    assert shop.bought == []
    shop.store.is_on = True
    assert last(await shop.asks('await buy("milk")', prompt=None)) == {'result': 'bought milk'}


async def test_when_the_store_is_down_after_a_call() -> None:
    shop = Shop()
    shop.switches_off_in = 'milk'
    with pytest.raises(StoreError, match='the server is gone'):
        await shop.asks('[await buy("milk"), await buy("bread")]')
    shop.store.is_on = True
    waiting = await shop.asks(prompt=None)
    assert [(call.args, call.reason) for call in waiting_calls(waiting.output)] == [({'what': 'milk'}, 'unknown')]
    assert shop.bought == ['milk']


async def test_when_the_approval_never_comes_and_nothing_limits_the_time(tmp_path: Path) -> None:
    till = Till(tmp_path)
    waiting = await till.waits('await pay(20)')
    again = await till.agent().run(message_history=as_stored(waiting.all_messages()))
    assert waiting_calls(again.output) == waiting_calls(waiting.output)
    assert last(await till.goes_on(again)) == {'result': 'paid 20'}


@pytest.mark.parametrize('story', ['expired', 'decided too late'])
def test_when_the_approval_never_comes_and_decision_timeout_is_over(story: str, tmp_path: Path) -> None:
    ended = told(tmp_path, STORIES[story])
    assert ended.is_done
    assert 'raised TimeoutError: nobody decided on refund() in time' in ended.contents[0]
    assert ended.effects == []


def test_when_the_process_dies_while_a_cell_waits_for_a_person(tmp_path: Path) -> None:
    ended = told(tmp_path, STORIES['one call'])  # each step in a process of its own
    assert (ended.contents, ended.effects) == ([{'result': 'refunded 500'}], [['refund', 1, 500]])
