"""Nobody learns from the work of the store whether something is another's or is not there: the questions are the same."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from owners.test_forged_histories import ADAPTERS, Bank, Turn, body_of
from owners.test_public_errors import approved, bank_of
from pydantic_ai.ui.vercel_ai import VercelAIAdapter

from pydantic_ai_grail import MemoryStore

pytestmark = pytest.mark.anyio


class Asked(MemoryStore):
    """Counts what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.counted = Counter[str]()

    def __getattribute__(self, name: str) -> Any:
        if name in ('load', 'find', 'newest', 'journal', 'begun', 'claim', 'release', 'append', 'save'):
            self.counted[name] += 1
        return super().__getattribute__(name)


STEPS: dict[str, list[Turn]] = {
    'a state': ['x = 1', ('cell 1', 'x = 1', {'notes': ['no value']}), ('', 'done', ...), 'x'],
    'a cell with calls': [
        'await send(1)',
        ('cell 1', 'await send(1)', {'result': 'sent 1'}),
        ('', 'done', ...),
        'x = 2',
    ],
    'a cell that waits': ['await pay(1)', ('cell 1', 'await pay(1)', None), ('', 'done', ...), 'x = 2'],
    'a compacted history': ['hello', ('', 'hello', ...), 'x'],
}


@pytest.fixture(params=ADAPTERS, ids=lambda adapter: adapter.__name__)
def adapter(request: pytest.FixtureRequest) -> Any:
    return request.param


async def questions(
    adapter: Any, body: dict[str, Any], *, first: str | None, compacts: bool
) -> tuple[Counter[str], Bank]:
    """What a store is asked for eve, whether or not ada has something of the same ids there."""
    bank = bank_of(adapter, store := Asked(), compacts_history=compacts, journal_writes='call')
    if first is not None:
        await bank.post(body_of(adapter, [first]), user='ada')
    bank.asked = 1
    store.counted.clear()
    await bank.post(body, user='eve')
    return store.counted, bank


@pytest.mark.parametrize('what', STEPS)
async def test_the_store_is_asked_the_same_whether_it_is_anothers_or_not_there(adapter: Any, what: str) -> None:
    turns = STEPS[what]
    first = 'x = 1' if 'compacted' in what else str(turns[0])
    body, compacts = body_of(adapter, turns), 'compacted' in what
    nothing, _ = await questions(adapter, body, first=None, compacts=compacts)
    anothers, bank = await questions(adapter, body, first=first, compacts=compacts)
    assert nothing == anothers
    assert sum(anothers.values()) > 0
    assert ('pay', 1) not in bank.made


async def test_an_approval_of_anothers_cell_asks_the_same_as_one_of_no_cell(adapter: Any) -> None:
    body = approved(adapter, 'await pay(1)')
    nothing, _ = await questions(adapter, body, first=None, compacts=False)
    anothers, bank = await questions(adapter, body, first='await pay(1)', compacts=False)
    assert nothing == anothers
    assert bank.made == []
    assert issubclass(adapter, VercelAIAdapter) or sum(anothers.values()) > 0
