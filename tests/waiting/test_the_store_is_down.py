"""A journal that cannot be written ends the run before anything is done of which nobody could tell later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from pydantic_ai import CallToolsNode, capture_run_messages
from support.agents import agent_with, turn
from support.scripts import scripted_model

from pydantic_ai_grail import MemoryStore, StoreError
from pydantic_ai_grail.stores.base import Claim, JournalRecord
from pydantic_ai_grail.testing import played_cells

pytestmark = pytest.mark.anyio


class GoesDown(MemoryStore):
    """Takes as many entries of journals as it is told."""

    def __init__(self, *, after: int) -> None:
        super().__init__()
        self.left = after

    async def append(
        self, records: Sequence[JournalRecord], *, claim: Claim, now: datetime, release: bool = False
    ) -> None:
        if self.left < len(records):
            raise ConnectionError('the server is gone')
        self.left -= len(records)
        await super().append(records, claim=claim, now=now, release=release)


@pytest.mark.parametrize(('after', 'made'), [(0, []), (2, [1]), (3, [1]), (4, [1, 2]), (5, [1, 2])])
async def test_no_call_is_made_that_the_journal_does_not_have(after: int, made: list[int]) -> None:
    paid: list[int] = []

    async def pay(bill: int) -> str:
        paid.append(bill)
        return 'paid'

    store = GoesDown(after=after)
    agent = agent_with(pay, store=store, journal_writes='call')
    with pytest.raises(StoreError, match='failed to append: ConnectionError: the server is gone'):
        await turn(agent, 'await pay(1)\nawait pay(2)')
    assert paid == made


async def test_once_it_is_back_the_cell_goes_on() -> None:
    paid: list[int] = []
    histories: list[Any] = []

    async def pay(bill: int) -> str:
        paid.append(bill)
        return f'paid {bill}'

    store = GoesDown(after=3)
    agent = agent_with(pay, store=store, journal_writes='call')
    model = scripted_model('[await pay(1), await pay(2)]')
    with pytest.raises(StoreError):  # noqa: PT012  # a run that ends in an error is iterated to that error
        async with agent.iter('go', model=model) as run:
            async for node in run:
                if isinstance(node, CallToolsNode):
                    histories.append([*run.all_messages()])
    store.left = 100
    result = await agent.run(message_history=histories[0], model=model)
    assert played_cells(result.all_messages())[0].content == {'result': ['paid 1', 'paid 2']}
    assert paid == [1, 2]


async def test_a_history_in_which_the_cell_was_cut_off_still_gives_what_its_calls_returned() -> None:
    paid: list[int] = []

    async def pay(bill: int) -> str:
        paid.append(bill)
        return f'paid {bill}'

    store = GoesDown(after=3)
    agent = agent_with(pay, store=store, journal_writes='call')
    code = '[await pay(1), await pay(2)]'
    with capture_run_messages() as messages, pytest.raises(StoreError):
        await agent.run('go', model=scripted_model(code))
    store.left = 100
    result = await agent.run('again', message_history=[*messages], model=scripted_model(f'{code}\n'))
    assert played_cells(result.new_messages())[0].content['result'] == ['paid 1', 'paid 2']
    assert paid == [1, 2]
