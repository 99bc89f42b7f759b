"""What is special to a store in PostgreSQL: connections in a loop of its own, whatever loops its callers have."""

from __future__ import annotations

import asyncio
import gc
import threading

import anyio
import pytest
from sqlalchemy import make_url, text
from support.lean import finish, start

from pydantic_ai_grail.errors import StoreError
from pydantic_ai_grail.stores import SqlStore
from pydantic_ai_grail.stores.sql.database import Database
from pydantic_ai_grail.stores.sql.in_loop import InLoop
from pydantic_ai_grail.testing.store_contract import make_record


def store_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if 'grail store' in thread.name]


def test_one_store_serves_event_loops_one_after_the_other(postgresql_url: str) -> None:
    async def turn(store: SqlStore, number: int) -> str | None:
        await store.save(make_record(f'turn {number}', conversation='loops', minutes=number))
        found = await store.newest('loops')
        return None if found is None else found.name

    store = SqlStore(postgresql_url)
    assert [asyncio.run(turn(store, number)) for number in range(5)] == [f'turn {number}' for number in range(5)]
    assert store_threads() == ['grail store, postgresql']
    del store
    gc.collect()
    assert store_threads() == []


@pytest.mark.anyio
async def test_closing_waits_for_what_is_under_way(postgresql_url: str) -> None:
    database = Database(lambda: InLoop(make_url(postgresql_url).set(drivername='postgresql+asyncpg')))
    done: list[str] = []

    async def work() -> None:
        await database.run(lambda connection: connection.execute(text('SELECT pg_sleep(0.2)')), writes=False)
        done.append('work')

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work)
        await anyio.wait_all_tasks_blocked()
        await database.aclose()
        done.append('closed')
    assert sorted(done) == ['closed', 'work']
    assert store_threads() == []


@pytest.mark.anyio
async def test_work_whose_caller_is_cancelled_is_rolled_back(postgresql_url: str) -> None:
    database = Database(lambda: InLoop(make_url(postgresql_url).set(drivername='postgresql+asyncpg')))
    with anyio.move_on_after(0.1) as scope:
        await database.run(lambda connection: connection.execute(text('SELECT pg_sleep(60)')), writes=True)
    assert scope.cancelled_caught
    query = text("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%sleep(60)'")
    with anyio.fail_after(10):
        # The server takes a moment to see that it is no longer wanted.
        while await database.run(lambda connection: connection.scalar(query), writes=False):  # noqa: ASYNC110  # of a server
            await anyio.sleep(0.01)
        await database.aclose()


@pytest.mark.anyio
async def test_a_server_that_is_not_there_is_told() -> None:
    store = SqlStore('postgresql://localhost:1/name')
    with pytest.raises(StoreError, match=r'could not read: .*(refused|Connect call failed)'):
        await store.newest('A')
    await store.aclose()


def test_a_process_that_closes_nothing_ends_at_once_and_in_silence(postgresql_url: str) -> None:
    code = """
import asyncio
from pydantic_ai_grail.stores.sql import SqlStore

store = SqlStore(sys.argv[1])
asyncio.run(store.newest('A'))
"""
    assert finish(start(code, postgresql_url, options=('-W', 'error::ResourceWarning'))) == (0, '', '')


def test_without_asyncpg_the_extra_is_named() -> None:
    code = "sys.modules['asyncpg'] = None\nfrom pydantic_ai_grail.stores import SqlStore\nSqlStore('postgresql://host/name')"
    status, _, errors = finish(start(code))
    assert status == 1
    assert errors.splitlines()[-1] == (
        "ImportError: SqlStore needs asyncpg for PostgreSQL: pip install 'pydantic-ai-grail[sql]'"
    )
