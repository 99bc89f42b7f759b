"""A store that raises, hangs or talks nonsense ends in one clear outcome."""

from __future__ import annotations

from datetime import UTC, datetime

import anyio
import pytest

from pydantic_ai_grail._state.guarded_store import GuardedStore
from pydantic_ai_grail.errors import StoreError, StoreTimeout
from pydantic_ai_grail.stores import ConversationKey, MemoryStore, SnapshotRecord
from pydantic_ai_grail.testing.store_contract import make_record

pytestmark = pytest.mark.anyio
A = ConversationKey('', 'A')


class BrokenStore(MemoryStore):
    """Raises what it is given, at once or when awaited, or never answers."""

    def __init__(self, failure: BaseException | None) -> None:
        super().__init__()
        self.failure = failure

    async def load(self, name: str, *, owner: str = '') -> SnapshotRecord | None:
        if self.failure is None:
            await anyio.sleep_forever()
        else:
            raise self.failure

    async def save(self, record: SnapshotRecord) -> None:
        await self.load(record.name)


def guarded(failure: BaseException | None) -> GuardedStore:
    return GuardedStore(store=BrokenStore(failure), timeout_seconds=0.01)


@pytest.mark.parametrize('failure', [OSError('disk full'), TimeoutError('driver'), KeyError('x')])
async def test_what_a_store_raises_becomes_a_store_error_that_says_when(failure: Exception) -> None:
    with pytest.raises(StoreError, match=rf'MemoryStore\(.*\) failed to load: {type(failure).__name__}: ') as caught:
        await guarded(failure).load('n', owner='')
    assert caught.value.__cause__ is failure
    assert not isinstance(caught.value, StoreTimeout)


async def test_a_store_error_passes_as_it_is() -> None:
    failure = StoreError('as clear as can be')
    with pytest.raises(StoreError) as caught:
        await guarded(failure).save(make_record('n'))
    assert caught.value is failure


async def test_a_store_that_hangs_runs_into_the_deadline() -> None:
    with pytest.raises(StoreTimeout, match=r'did not load within 0\.01 seconds'):
        await guarded(None).load('n', owner='')
    with pytest.raises(StoreTimeout, match=r'did not save within 0\.01 seconds'):
        await guarded(None).save(make_record('n'))


async def test_cancellation_passes_untouched() -> None:
    store = GuardedStore(store=BrokenStore(None), timeout_seconds=60)
    with anyio.move_on_after(0.01) as scope:
        await store.load('n', owner='')
    assert scope.cancelled_caught


async def test_what_is_no_record_is_refused() -> None:
    class OddStore(MemoryStore):
        async def load(self, name: str, *, owner: str = '') -> SnapshotRecord | None:
            return ('not', 'a', 'record')  # pyright: ignore[reportReturnType]  # a store of someone who does not type

        async def newest(
            self, conversation_id: str, *, owner: str = '', not_after: datetime | None = None
        ) -> SnapshotRecord | None:
            record = make_record('n')
            object.__setattr__(record, 'data', memoryview(b'data'))
            return record

    store = GuardedStore(store=OddStore(), timeout_seconds=1)
    with pytest.raises(StoreError, match='gave back tuple where a SnapshotRecord of bytes belongs'):
        await store.load('n', owner='')
    with pytest.raises(StoreError, match='gave back SnapshotRecord where'):
        await store.newest(A, not_after=datetime(2026, 1, 1, tzinfo=UTC))


async def test_a_store_that_works_is_passed_through() -> None:
    store = GuardedStore(store=MemoryStore(), timeout_seconds=1)
    record = make_record('n')
    await store.save(record)
    assert await store.load('n', owner='') == record
    assert await store.find('c1', record.code_digest, owner='', conversation_id='A') == record
    assert await store.newest(A, not_after=None) == record
    assert await store.forget(A, keep_newest=1) == 0
