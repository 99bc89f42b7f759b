"""What is special to a store in PostgreSQL: connections in a loop of its own, whatever loops its callers have."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Sequence
from uuid import uuid4

import anyio
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from support.lean import finish, start

from pydantic_ai_grail.errors import StoreConflict, StoreError
from pydantic_ai_grail.stores import CellKey, SqlStore
from pydantic_ai_grail.stores.sql import in_loop
from pydantic_ai_grail.stores.sql.database import Database
from pydantic_ai_grail.stores.sql.in_loop import InLoop
from pydantic_ai_grail.testing.journal_contract import make_entry, write
from pydantic_ai_grail.testing.store_contract import make_record

_OTHERS: set[threading.Thread] = set()
"""Of stores that tests before have left to the garbage collector."""


@pytest.fixture(autouse=True)
def others() -> None:
    _OTHERS.clear()
    _OTHERS.update(threading.enumerate())


def store_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if 'grail store' in thread.name and thread not in _OTHERS]


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
        await database.run(lambda connection: connection.execute(text('SELECT pg_sleep(0.2)')), 'read')
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
        await database.run(lambda connection: connection.execute(text('SELECT pg_sleep(60)')), 'transact')
    assert scope.cancelled_caught
    query = text("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%sleep(60)'")
    with anyio.fail_after(10):
        # The server takes a moment to see that it is no longer wanted.
        while await database.run(lambda connection: connection.scalar(query), 'read'):  # noqa: ASYNC110  # of a server
            await anyio.sleep(0.01)
        await database.aclose()


@pytest.mark.anyio
@pytest.mark.parametrize('idle_seconds', [0.0, 60.0], ids=['asked first', 'used at once'])
async def test_connections_that_the_server_closed_are_made_anew(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch, idle_seconds: float
) -> None:
    monkeypatch.setattr(in_loop, 'IDLE_SECONDS', idle_seconds)
    name = uuid4().hex
    url = make_url(postgresql_url).update_query_dict({'application_name': name}).render_as_string(hide_password=False)
    closing = text('SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = :name')
    other = Database(lambda: InLoop(make_url(postgresql_url).set(drivername='postgresql+asyncpg')))
    async with SqlStore(url) as store:
        for number in range(3):
            await store.save(make_record(f'{name} {number}', conversation=name, minutes=number))
            async with anyio.create_task_group() as tasks:  # several connections
                for _ in range(3):
                    tasks.start_soon(store.newest, name)
            closed = await other.run(lambda connection: connection.scalar(closing, {'name': name}), 'read')
            assert closed
            await anyio.sleep(0.1)  # until it is noticed
            found = await store.newest(name)
            assert found is not None
            assert found.name == f'{name} {number}'
    await other.aclose()


@pytest.mark.anyio
async def test_a_url_may_have_the_parameters_that_other_programs_know(postgresql_url: str) -> None:
    url = make_url(postgresql_url).update_query_dict(
        {'sslmode': 'disable', 'application_name': 'till 7', 'prepared_statement_cache_size': '10'}
    )
    database = Database(lambda: InLoop(url.set(drivername='postgresql+asyncpg')))
    shown = await database.run(lambda connection: connection.scalar(text('SHOW application_name')), 'read')
    await database.aclose()
    assert shown == 'till 7'
    async with SqlStore(url) as store:
        assert await store.exists()


@pytest.mark.anyio
async def test_a_parameter_that_the_server_does_not_know_is_told(postgresql_url: str) -> None:
    store = SqlStore(make_url(postgresql_url).update_query_dict({'colour': 'blue'}))
    with pytest.raises(StoreError, match=r'could not open: .*unrecognized configuration parameter "colour"'):
        await store.__aenter__()
    await store.aclose()


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


@pytest.mark.anyio
async def test_work_that_outlasts_the_closing_of_its_store_fails(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_loop, 'CLOSE_SECONDS', 0.2)
    database = Database(lambda: InLoop(make_url(postgresql_url).set(drivername='postgresql+asyncpg')))

    async def work() -> None:
        with pytest.raises(ConnectionError, match='closed meanwhile'):
            await database.run(lambda connection: connection.execute(text('SELECT pg_sleep(60)')), 'read')

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(work)
            await anyio.wait_all_tasks_blocked()
            await database.aclose()
    assert store_threads() == []


def other_transaction(postgresql_url: str) -> AsyncEngine:
    return create_async_engine(make_url(postgresql_url).set(drivername='postgresql+asyncpg'))


async def until_it_waits(connection: AsyncConnection) -> None:
    waits = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%grail%'")
    while not await connection.scalar(waits):
        await connection.execute(text('SELECT pg_stat_clear_snapshot()'))
        await anyio.sleep(0.01)


OF_CELL = 'conversation_id = :conversation_id AND cell_id = :cell_id AND code_digest = :code_digest'


@pytest.mark.anyio
@pytest.mark.parametrize(
    ('meanwhile', 'left'),
    [
        ((f"UPDATE grail_claims SET holder = 'another' WHERE {OF_CELL}",), 1),
        ((f'DELETE FROM grail_claims WHERE {OF_CELL}', f'DELETE FROM grail_journals WHERE {OF_CELL}'), 0),
    ],
    ids=['the claim was taken over', 'the journal was forgotten'],
)
async def test_an_entry_is_not_added_when_meanwhile(meanwhile: Sequence[str], left: int, postgresql_url: str) -> None:
    key = CellKey('', uuid4().hex, 'c1', '0')
    engine = other_transaction(postgresql_url)
    async with SqlStore(postgresql_url) as store:
        await write(store, make_entry(0, key=key))
        async with anyio.create_task_group() as tasks, engine.connect() as connection:
            for statement in meanwhile:
                await connection.execute(text(statement), key._asdict())

            async def add() -> None:
                with pytest.raises(StoreConflict):
                    await write(store, make_entry(1, key=key))

            tasks.start_soon(add)
            with anyio.fail_after(10):
                await until_it_waits(connection)
            await connection.commit()
        assert len(await store.journal(key)) == left
    await engine.dispose()


def test_no_password_is_shown() -> None:
    store = SqlStore('postgresql://agent:geheim@db/agents?password=geheim&application_name=till')
    assert repr(store) == "SqlStore('postgresql://agent:***@db/agents?application_name=till')"


@pytest.mark.anyio
async def test_a_statement_that_is_not_answered_is_given_up(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_loop, 'ANSWER_SECONDS', 0.2)
    database = Database(lambda: InLoop(make_url(postgresql_url).set(drivername='postgresql+asyncpg')))
    with anyio.fail_after(10), pytest.raises(TimeoutError):
        await database.run(lambda connection: connection.execute(text('SELECT pg_sleep(60)')), 'read')
    await database.aclose()
