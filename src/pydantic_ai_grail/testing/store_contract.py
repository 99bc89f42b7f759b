"""The contract of a store as tests, for implementers and for us.

Subclass `StoreContract` in a test module and give it a `store` fixture:

```python
class TestMyStore(StoreContract):
    @pytest.fixture
    async def store(self) -> AsyncIterator[Store]:
        async with MyStore() as store:
            yield store
```

It needs pytest with anyio's plugin, which comes with anyio. The tests ask one store for everything, so a fixture may
give the same one to all of them as long as it is empty each time.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import anyio
import pytest

from ..stores.base import NO_OWNER, SnapshotRecord, Store
from .journal_contract import NOON, JournalContract
from .owner_contract import OwnerContract


def make_record(
    name: str, *, conversation: str = 'A', cell: str = 'c1', minutes: float = 0, owner: str = NO_OWNER
) -> SnapshotRecord:
    """A record whose code digest is that of the cell's id, made `minutes` after noon."""
    return SnapshotRecord(
        name=name,
        owner=owner,
        conversation_id=conversation,
        cell_id=cell,
        code_digest=f'digest of {cell}',
        parent=None,
        created_at=NOON + timedelta(minutes=minutes),
        data=name.encode(),
    )


@pytest.mark.anyio
class StoreContract(JournalContract, OwnerContract):
    """What every store promises: of snapshots here, of journals and claims in `journal_contract.py`, of owners in
    `owner_contract.py`."""

    async def test_what_was_saved_comes_back_unchanged(self, store: Store) -> None:
        record = replace(
            make_record('n'),
            parent='the one before',
            created_at=datetime(2026, 3, 29, 2, 30, 1, 123456, tzinfo=timezone(timedelta(hours=5))),
            data=bytes(range(256)) * 1000,
        )
        await store.save(record)
        assert await store.load('n') == record
        assert await store.find('c1', 'digest of c1', conversation_id='A') == record
        assert await store.newest('A') == record

    async def test_names_and_ids_may_be_any_text(self, store: Store) -> None:
        odd = make_record("näme'; --", conversation='対話/%_\\', cell='call 1\n')
        await store.save(odd)
        assert await store.load(odd.name) == odd
        assert await store.find('call 1\n', odd.code_digest, conversation_id='対話/%_\\') == odd
        assert await store.newest('対話/%_\\') == odd
        assert await store.newest('対話/%%\\') is None

    async def test_what_was_never_saved_is_none(self, store: Store) -> None:
        await store.save(make_record('n'))
        assert await store.load('N') is None
        assert await store.find('c1', 'digest of c2', conversation_id='A') is None
        assert await store.find('c2', 'digest of c1', conversation_id='A') is None
        assert await store.find('c1', 'digest of c1', conversation_id='B') is None
        assert await store.newest('B') is None

    async def test_saving_a_name_again_changes_nothing(self, store: Store) -> None:
        first = make_record('n')
        await store.save(first)
        await store.save(first)
        await store.save(make_record('n', conversation='B', cell='c2', minutes=5))
        assert await store.load('n') == first
        assert await store.newest('B') is None
        assert await store.forget(conversation_id='A') == 1

    async def test_the_newest_goes_by_time_and_not_by_the_order_of_saving(self, store: Store) -> None:
        for name, minutes in [('middle', 2), ('newest', 3), ('oldest', 1)]:
            await store.save(make_record(name, minutes=minutes))
        assert await store.newest('A') == make_record('newest', minutes=3)
        assert await store.find('c1', 'digest of c1', conversation_id='A') == make_record('newest', minutes=3)

    async def test_of_equal_times_the_one_saved_last_is_the_newest(self, store: Store) -> None:
        for name in ('b', 'c', 'a'):
            await store.save(make_record(name))
        assert await store.newest('A') == make_record('a')
        assert await store.find('c1', 'digest of c1', conversation_id='A') == make_record('a')

    async def test_the_newest_up_to_a_time_includes_that_time(self, store: Store) -> None:
        for minutes in (1, 2, 3):
            await store.save(make_record(f'n{minutes}', minutes=minutes))
        assert await store.newest('A', not_after=NOON + timedelta(minutes=2)) == make_record('n2', minutes=2)
        assert await store.newest('A', not_after=NOON + timedelta(minutes=2.5)) == make_record('n2', minutes=2)
        assert await store.newest('A', not_after=NOON) is None

    async def test_a_cell_is_found_in_another_conversation_if_it_is_in_one_only(self, store: Store) -> None:
        first, second = make_record('1', minutes=1), make_record('2', minutes=2)
        await store.save(first)
        await store.save(second)
        assert await store.find('c1', 'digest of c1', conversation_id=None) == second
        await store.save(make_record('3', conversation='B'))
        assert await store.find('c1', 'digest of c1', conversation_id=None) is None
        assert await store.find('c1', 'digest of c1', conversation_id='A') == second
        await store.forget(conversation_id='A')
        assert await store.find('c1', 'digest of c1', conversation_id=None) == make_record('3', conversation='B')

    async def test_a_conversation_is_forgotten_alone(self, store: Store) -> None:
        for name, conversation in [('a1', 'A'), ('a2', 'A'), ('b1', 'B')]:
            await store.save(make_record(name, conversation=conversation))
        assert await store.forget(conversation_id='A') == 2
        assert await store.forget(conversation_id='A') == 0
        assert await store.newest('A') is None
        assert await store.load('a1') is None
        assert await store.load('b1') == make_record('b1', conversation='B')

    async def test_the_newest_and_the_named_are_spared(self, store: Store) -> None:
        for minutes in range(6):
            await store.save(make_record(f'a{minutes}', minutes=minutes))
            await store.save(make_record(f'b{minutes}', conversation='B', minutes=minutes))
        assert await store.forget(conversation_id='A', keep_newest=2, keep_names=['a1', 'b1', 'nobody']) == 3
        left = [name for name in ('a0', 'a1', 'a2', 'a3', 'a4', 'a5') if await store.load(name)]
        assert left == ['a1', 'a4', 'a5']
        assert await store.forget(conversation_id='B', keep_newest=10) == 0

    async def test_what_is_older_than_a_time_is_forgotten_everywhere(self, store: Store) -> None:
        for minutes in (1, 2, 3):
            await store.save(make_record(f'a{minutes}', minutes=minutes))
        await store.save(make_record('b0', conversation='B'))
        assert await store.forget(older_than=NOON + timedelta(minutes=3), keep_newest=1) == 2
        assert await store.load('b0') is not None
        assert await store.forget(older_than=NOON + timedelta(minutes=3), keep_names=['a1']) == 1
        assert await store.load('a3') == make_record('a3', minutes=3)
        assert await store.load('b0') is None

    async def test_forgetting_everything_by_mistake_is_refused(self, store: Store) -> None:
        await store.save(make_record('n'))
        with pytest.raises(ValueError, match='needs a conversation_id or an older_than'):
            await store.forget(keep_newest=1)
        with pytest.raises(ValueError, match='must not be negative'):
            await store.forget(conversation_id='A', keep_newest=-1)
        assert await store.load('n') is not None

    async def test_many_conversations_at_once_do_not_mix(self, store: Store) -> None:
        async def converse(conversation: str) -> None:
            for number in range(5):
                await store.save(make_record(f'{conversation}-{number}', conversation=conversation, minutes=number))
                found = await store.newest(conversation)
                assert found is not None
                assert found.name == f'{conversation}-{number}'

        async with anyio.create_task_group() as tasks:
            for number in range(20):
                tasks.start_soon(converse, f'conversation {number}')
        assert await store.forget(older_than=NOON + timedelta(days=1)) == 100

    async def test_a_cancelled_save_leaves_the_store_usable(self, store: Store) -> None:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await store.save(make_record('cancelled'))
        await store.save(make_record('n', minutes=1))
        assert await store.newest('A') == make_record('n', minutes=1)

    async def test_closing_twice_is_fine_and_the_next_use_opens_again(self, store: Store) -> None:
        await store.save(make_record('n'))
        await store.aclose()
        await store.aclose()
        await store.save(make_record('m', minutes=1))
        assert await store.newest('A') == make_record('m', minutes=1)
        async with store as entered:
            assert entered is store

    async def test_a_store_says_how_far_it_reaches(self, store: Store) -> None:
        assert store.reach in ('process', 'machine', 'network')
        assert isinstance(store, Store)
        assert store.path is None or store.reach == 'machine'
