"""One process at a time for a conversation."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest
from support.lean import finish, start

from pydantic_ai_grail.admin.leases import lease_conversation
from pydantic_ai_grail.errors import StoreConflict
from pydantic_ai_grail.stores import CellKey, Claim, MemoryStore, SqlStore, Store

pytestmark = pytest.mark.anyio


async def is_free(store: Store, conversation_id: str = 'A') -> bool:
    key, now = CellKey('', conversation_id, '', ''), datetime.now(UTC)
    held = await store.claim(key, Claim(holder='somebody else', until=now), now=now)
    await store.release(key, holder='somebody else')
    return held.holder == 'somebody else'


async def test_a_conversation_is_for_one_alone_and_free_afterwards() -> None:
    store = MemoryStore()
    async with lease_conversation(store, 'A'):
        with pytest.raises(StoreConflict, match=r"Conversation 'A' is being run by process \d+ on "):
            async with lease_conversation(store, 'A'):
                pytest.fail('two have it')
        async with lease_conversation(store, 'B'):
            assert not await is_free(store)
    assert await is_free(store)
    async with lease_conversation(store, 'A'):
        pass


async def test_it_is_given_back_when_the_block_fails() -> None:
    store = MemoryStore()
    with pytest.raises(ZeroDivisionError):
        async with lease_conversation(store, 'A'):
            raise ZeroDivisionError
    assert await is_free(store)


@pytest.mark.parametrize('native', [False, True], ids=['a scope', 'the task'])
async def test_it_is_given_back_when_the_block_is_cancelled(native: bool, tmp_path: Path) -> None:
    inside = anyio.Event()

    async def work() -> None:
        async with lease_conversation(store, 'A'):
            inside.set()
            await anyio.sleep_forever()

    async with SqlStore(f'sqlite:///{tmp_path}/agent.db') as store:
        if native:
            task = asyncio.create_task(work())
            await inside.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        else:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(work)
                await inside.wait()
                tasks.cancel_scope.cancel()
        assert await is_free(store)


async def test_it_lasts_as_long_as_the_block_and_longer_than_its_seconds() -> None:
    store = MemoryStore()
    async with lease_conversation(store, 'A', lease_timeout=0.2):
        for _ in range(6):
            await anyio.sleep(0.1)
            assert not await is_free(store)


DIE = """
import asyncio, os
from pydantic_ai_grail.admin.leases import lease_conversation
from pydantic_ai_grail.stores.sql import SqlStore

async def main():
    async with lease_conversation(SqlStore(sys.argv[1]), 'A', lease_timeout=600):
        os._exit(7)

asyncio.run(main())
"""


async def test_what_a_dead_process_had_is_free_at_once(tmp_path: Path) -> None:
    url = f'sqlite:///{tmp_path}/agent.db'
    assert finish(start(DIE, url))[0] == 7
    async with SqlStore(url) as store:
        assert not await is_free(store)
        async with lease_conversation(store, 'A'):
            pass
        assert await is_free(store)
