"""What an operator asks of a database: whether it is a store, and that it gives room back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import anyio
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from pydantic_ai_grail.errors import StoreError
from pydantic_ai_grail.stores import SqlStore
from pydantic_ai_grail.stores.base import CellKey, Claim
from pydantic_ai_grail.testing.store_contract import make_record

pytestmark = pytest.mark.anyio


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / 'agent.db'


@pytest.fixture(params=['sqlite', 'postgresql'])
def url(request: pytest.FixtureRequest, path: Path) -> str:
    return f'sqlite:///{path}' if request.param == 'sqlite' else request.getfixturevalue('postgresql_url')


async def fill(store: SqlStore, *, megabytes: int) -> None:
    for number in range(megabytes):
        record = make_record(f'n{number}', conversation='A', cell=f'c{number}')
        await store.save(replace(record, data=bytes(10**6)))


async def test_the_file_shrinks_by_what_was_forgotten(path: Path) -> None:
    async with SqlStore(f'sqlite:///{path}') as store, SqlStore(f'sqlite:///{path}') as other:
        await fill(store, megabytes=5)
        await store.save(make_record('kept', conversation='B'))
        await other.newest('B')  # another process that has the file open
        await store.forget(conversation_id='A')
        full = sum(each.stat().st_size for each in path.parent.iterdir())
        assert await store.vacuum() > 4_000_000
        left = sum(each.stat().st_size for each in path.parent.iterdir())
        assert left < full - 4_000_000
        assert await store.load('kept') == await other.load('kept') == make_record('kept', conversation='B')
        assert await store.vacuum() == 0


async def test_claims_that_ended_are_deleted_and_others_stay(url: str) -> None:
    now, conversation = datetime.now(UTC), uuid4().hex
    async with SqlStore(url) as store:
        for name, until in [('ended', now - timedelta(days=1)), ('held', now + timedelta(days=1))]:
            key = CellKey('', conversation, name, '')
            await store.claim(key, Claim(holder='one', until=until), now=now - timedelta(days=2))
        await store.vacuum()
        # A claim of the time when both were held tells which are there.
        then, claim = now - timedelta(days=2), Claim(holder='two', until=now)
        assert await store.claim(CellKey('', conversation, 'ended', ''), claim, now=then) == claim
        assert (await store.claim(CellKey('', conversation, 'held', ''), claim, now=then)).holder == 'one'


async def test_a_server_looks_after_its_room_itself(postgresql_url: str) -> None:
    async with SqlStore(postgresql_url) as store:
        assert await store.vacuum() == 0


async def test_a_file_that_somebody_writes_to_is_told(path: Path) -> None:
    async with SqlStore(f'sqlite:///{path}', busy_timeout=0.05) as store:
        await store.save(make_record('n'))
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute('BEGIN IMMEDIATE')
            with pytest.raises(StoreError, match='could not vacuum: database is locked'):
                await store.vacuum()
        assert await store.load('n') == make_record('n')


async def test_whether_a_file_is_a_store_is_told_without_making_it_one(path: Path) -> None:
    store = SqlStore(f'sqlite:///{path}')
    assert not await store.exists()
    assert [*path.parent.iterdir()] == []
    with closing(sqlite3.connect(path)) as connection:
        connection.execute('CREATE TABLE other (x)')
        connection.commit()
    assert not await store.exists()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute('SELECT name FROM sqlite_master').fetchall() == [('other',)]
    await store.newest('A')
    assert await store.exists()
    await store.aclose()
    await anyio.Path(path).write_bytes(b'not a database at all' * 100)
    with pytest.raises(StoreError, match='could not open: file is not a database'):
        await store.exists()


async def test_whether_a_database_is_a_store_is_told_without_making_it_one(postgresql_url: str) -> None:
    name = f'other_{uuid4().hex}'
    url = make_url(postgresql_url)
    engine = create_async_engine(url.set(drivername='postgresql+asyncpg'), isolation_level='AUTOCOMMIT')
    async with engine.connect() as connection:
        await connection.execute(text(f'CREATE DATABASE {name}'))
    await engine.dispose()
    async with SqlStore(postgresql_url) as there:
        assert await there.exists()
    store = SqlStore(url.set(database=name))
    assert not await store.exists()
    assert not await store.exists()
    await store.newest('A')
    assert await store.exists()
    await store.aclose()
    with pytest.raises(StoreError, match=r'could not open: .*database "nobody_made_it" does not exist'):
        await SqlStore(url.set(database='nobody_made_it')).exists()
