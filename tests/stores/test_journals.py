"""Journals and claims where several event loops or processes want the same one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import make_url
from support.lean import finish_together, start

from pydantic_ai_grail.errors import StoreConflict
from pydantic_ai_grail.stores import MemoryStore, SqlStore, Store
from pydantic_ai_grail.stores.base import CellKey, JournalRecord
from pydantic_ai_grail.stores.memory_journals import ENTRY_OVERHEAD_BYTES
from pydantic_ai_grail.testing.journal_contract import CELL, NOON, make_claim, make_entry, write
from pydantic_ai_grail.testing.store_contract import make_record


@pytest.fixture(params=['sqlite', 'postgresql'])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == 'sqlite':
        return f'sqlite:///{tmp_path}/agent.db'
    return make_url(request.getfixturevalue('postgresql_url')).render_as_string(hide_password=False)


@pytest.fixture
def key() -> CellKey:
    """Of a conversation of its own, since the tests share one server."""
    return CELL._replace(conversation_id=uuid4().hex)


@pytest.fixture(params=['memory', 'sqlite', 'postgresql'])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == 'memory':
        yield MemoryStore()
        return
    url = f'sqlite:///{tmp_path}/agent.db'
    store = SqlStore(url if request.param == 'sqlite' else request.getfixturevalue('postgresql_url'))
    yield store
    asyncio.run(store.aclose())


async def write_on(store: Store, key: CellKey, name: str, *, entries: int) -> int:
    """Write to a journal that others write to as well, each entry as whoever is first; how many were this one's."""
    mine = 0
    while (length := len(await store.journal(key))) < entries:
        try:
            await write(store, make_entry(length, key=key, data=name.encode()), holder=name, release=True)
        except StoreConflict:
            await asyncio.sleep(0.001)
        else:
            mine += 1
    return mine


def test_event_loops_in_several_threads_write_one_journal_without_gaps(store: Store, key: CellKey) -> None:
    written: dict[str, int] = {}

    def run(name: str) -> None:
        written[name] = asyncio.run(write_on(store, key, name, entries=30))

    threads = [threading.Thread(target=run, args=(name,)) for name in 'abcd']
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    found = asyncio.run(read(store, key))
    assert [entry.number for entry in found] == list(range(30))
    assert sum(written.values()) == 30
    assert {name: [entry.data for entry in found].count(name.encode()) for name in 'abcd'} == written


async def read(store: Store, key: CellKey) -> list[JournalRecord]:
    return list(await store.journal(key))


COMPETE = """
import asyncio
from pydantic_ai_grail.errors import StoreConflict
from pydantic_ai_grail.stores.base import CellKey
from pydantic_ai_grail.stores.sql import SqlStore
from pydantic_ai_grail.testing.journal_contract import NOON, make_claim, make_entry, write

sys.stdin.readline()

async def main(url, conversation, name):
    won = 0
    async with SqlStore(url) as store:
        for number in range(25):
            key = CellKey('', conversation, f'c{number}', '')
            held = await store.claim(key, make_claim(name), now=NOON)
            try:
                await write(store, make_entry(0, key=key), make_entry(1, key=key), holder=name)
            except StoreConflict:
                assert held.holder != name
            else:
                assert held.holder == name
                won += 1
    print(won)

asyncio.run(main(*sys.argv[1:]))
"""


def test_of_several_processes_one_gets_each_cell(url: str) -> None:
    conversation = uuid4().hex
    results = finish_together([start(COMPETE, url, conversation, name) for name in ('p', 'q', 'r')])
    assert [(status, errors) for status, _, errors in results] == [(0, '')] * 3
    assert sum(int(output) for _, output, _ in results) == 25


# What is special to a store in memory


@pytest.mark.anyio
class TestMemory:
    async def test_journals_take_room_and_go_with_their_conversation(self) -> None:
        store = MemoryStore(max_bytes=3 * (1000 + ENTRY_OVERHEAD_BYTES))
        for conversation in 'ABC':
            key = CELL._replace(conversation_id=conversation)
            await write(store, make_entry(0, key=key, data=bytes(1000)))
        await write(store, make_entry(0, key=CELL._replace(conversation_id='D'), data=bytes(1000)))
        left = [each for each in 'ABCD' if await store.journal(CELL._replace(conversation_id=each))]
        assert left == ['B', 'C', 'D']

    async def test_the_only_conversation_loses_its_oldest_journals_and_never_its_newest(self) -> None:
        store = MemoryStore(max_bytes=3000)
        for number in range(3):
            key = CELL._replace(cell_id=f'c{number}')
            await write(store, make_entry(0, key=key, minutes=number, data=bytes(4000)))
        left = [number for number in range(3) if await store.journal(CELL._replace(cell_id=f'c{number}'))]
        assert left == [2]

    async def test_a_conversation_that_was_forgotten_leaves_nothing_behind(self) -> None:
        store = MemoryStore()
        await write(store, make_entry(0))
        await store.save(make_record('n'))
        await store.forget(conversation_id='A')
        await write(store, make_entry(0))
        await store.forget(conversation_id='A')
        assert await store.claim(CELL, make_claim('two'), now=NOON) == make_claim('two')
        await store.forget(older_than=NOON.replace(year=2030))
        assert [value for value in vars(store).values() if isinstance(value, dict) and value] == []
