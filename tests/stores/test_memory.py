"""The bounds of a store in memory."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import pytest

from pydantic_ai_grail.errors import SettingsError, StoreError
from pydantic_ai_grail.stores import MemoryStore, SnapshotRecord
from pydantic_ai_grail.stores.memory import RECORD_OVERHEAD_BYTES
from pydantic_ai_grail.testing.store_contract import make_record

pytestmark = pytest.mark.anyio

ROOM_FOR_FOUR = 4 * (1000 + RECORD_OVERHEAD_BYTES)


def record_of(name: str, *, conversation: str, size: int = 1000) -> SnapshotRecord:
    return replace(make_record(name, conversation=conversation, cell=name), data=bytes(size))


async def test_the_conversation_used_longest_ago_makes_room() -> None:
    store = MemoryStore(max_bytes=ROOM_FOR_FOUR)
    for name in ('a', 'b', 'c', 'd'):
        await store.save(record_of(name, conversation=name.upper()))
    await store.load('a')
    await store.newest('B')
    await store.find('c', 'digest of c', conversation_id=None)
    await store.save(record_of('e', conversation='E'))
    await store.save(record_of('f', conversation='F'))
    assert [name for name in 'abcdef' if await store.load(name)] == ['b', 'c', 'e', 'f']


async def test_a_conversation_goes_as_a_whole() -> None:
    store = MemoryStore(max_bytes=ROOM_FOR_FOUR)
    for name in ('a1', 'a2', 'a3', 'b1', 'b2'):
        await store.save(record_of(name, conversation=name[0]))
    assert [name for name in ('a1', 'a2', 'a3', 'b1', 'b2') if await store.load(name)] == ['b1', 'b2']
    assert await store.newest('a') is None
    assert await store.find('a1', 'digest of a1', conversation_id=None) is None


async def test_the_only_conversation_loses_its_oldest_states() -> None:
    store = MemoryStore(max_bytes=ROOM_FOR_FOUR)
    for number in range(7):
        await store.save(record_of(f'n{number}', conversation='A'))
    assert [number for number in range(7) if await store.load(f'n{number}')] == [3, 4, 5, 6]


async def test_a_record_saved_out_of_order_is_not_dropped_at_once() -> None:
    store = MemoryStore(max_bytes=ROOM_FOR_FOUR)
    for minutes in (10, 11, 12, 13, 5):
        await store.save(replace(make_record(f'n{minutes}', minutes=minutes), data=bytes(1000)))
    assert [minutes for minutes in (5, 10, 11, 12, 13) if await store.load(f'n{minutes}')] == [5, 11, 12, 13]


async def test_a_state_that_can_never_fit_is_refused_and_costs_nothing() -> None:
    store = MemoryStore(max_bytes=ROOM_FOR_FOUR)
    await store.save(record_of('a', conversation='A'))
    with pytest.raises(StoreError, match=r'9,000 bytes does not fit into MemoryStore\(max_bytes=8096\)'):
        await store.save(record_of('b', conversation='B', size=9000))
    assert await store.load('a') is not None


def test_a_store_without_room_is_refused() -> None:
    with pytest.raises(SettingsError, match='must be a whole number greater than 0, got 0'):
        MemoryStore(max_bytes=0)


async def test_what_it_takes_is_what_it_counts() -> None:
    tracemalloc.start()
    try:
        store = MemoryStore(max_bytes=3_000_000)
        before = tracemalloc.get_traced_memory()[0]
        for number in range(5000):
            name = f'{number:032}'
            await store.save(
                replace(make_record(name, conversation=f'{number:036}', cell=f'call_{number:024}'), data=bytes(1000))
            )
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert 2_000_000 < grown < 3_500_000
