"""A database that the version before made has its snapshots still, and journals, once it is opened."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from support.lean import finish_together, start

from pydantic_ai_grail.stores import SqlStore
from pydantic_ai_grail.testing.journal_contract import CELL, make_claim, make_entry, write
from pydantic_ai_grail.testing.store_contract import NOON, make_record

VERSION_1 = """
CREATE TABLE grail_schema (version INTEGER NOT NULL, PRIMARY KEY (version));
CREATE TABLE grail_snapshots (
    sequence {sequence}, name VARCHAR NOT NULL, conversation_id VARCHAR NOT NULL, cell_id VARCHAR NOT NULL,
    code_digest VARCHAR NOT NULL, parent VARCHAR, created_at {time} NOT NULL, data {bytes} NOT NULL,
    PRIMARY KEY (sequence), UNIQUE (name)
);
CREATE INDEX grail_snapshots_age ON grail_snapshots (created_at);
CREATE INDEX grail_snapshots_cell ON grail_snapshots (cell_id, code_digest, conversation_id, created_at);
CREATE INDEX grail_snapshots_newest ON grail_snapshots (conversation_id, created_at);
INSERT INTO grail_schema VALUES (1);
INSERT INTO grail_snapshots (name, conversation_id, cell_id, code_digest, parent, created_at, data)
    VALUES ('old', 'A', 'c1', 'digest of c1', NULL, '2026-01-01 12:00:00.000000', {old});
"""
"""What version 1 of the tables was, with a snapshot in it."""
SQLITE = {'sequence': 'INTEGER NOT NULL', 'time': 'DATETIME', 'bytes': 'BLOB', 'old': "x'6f6c64'"}
POSTGRESQL = {'sequence': 'BIGSERIAL NOT NULL', 'time': 'TIMESTAMPTZ', 'bytes': 'BYTEA', 'old': "'old'"}


async def execute(url: URL, *statements: str) -> None:
    engine = create_async_engine(url, isolation_level='AUTOCOMMIT')
    async with engine.connect() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await engine.dispose()


@pytest.fixture(params=['sqlite', 'postgresql'])
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of version 1."""
    if request.param == 'sqlite':
        path = tmp_path / 'old.db'
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(VERSION_1.format(**SQLITE))
        yield f'sqlite:///{path}'
        return
    server = make_url(request.getfixturevalue('postgresql_url')).set(drivername='postgresql+asyncpg')
    url = server.set(database=f'old_{uuid4().hex}')
    asyncio.run(
        execute(server, f'CREATE DATABASE {url.database}', f"ALTER DATABASE {url.database} SET timezone = 'UTC'")
    )
    asyncio.run(execute(url, *VERSION_1.format(**POSTGRESQL).split(';')[:-1]))
    yield url.render_as_string(hide_password=False)
    asyncio.run(execute(server, f'DROP DATABASE {url.database} WITH (FORCE)'))


def test_a_database_of_version_1_keeps_its_snapshots_and_gets_journals(old_url: str) -> None:
    async def use() -> None:
        async with SqlStore(old_url) as store:
            assert await store.load('old') == make_record('old')
            await store.save(make_record('new', minutes=1))
            assert await store.newest('A', not_after=NOON) == make_record('old')
            assert await store.newest('A') == make_record('new', minutes=1)
            await write(store, make_entry(0))
            assert list(await store.journal(CELL)) == [make_entry(0)]
            assert await store.claim(CELL, make_claim('two'), now=NOON) == make_claim('one')

    asyncio.run(use())
    asyncio.run(open_again(old_url))


async def open_again(url: str) -> None:
    """A second opening finds the new version and changes nothing."""
    async with SqlStore(url) as store:
        assert await store.load('old') == make_record('old')
        assert list(await store.journal(CELL)) == [make_entry(0)]


OPEN = """
import asyncio
from pydantic_ai_grail.stores.base import CellKey
from pydantic_ai_grail.stores.sql import SqlStore
from pydantic_ai_grail.testing.journal_contract import CELL, make_entry, write

sys.stdin.readline()

async def main(url, name):
    async with SqlStore(url) as store:
        key = CELL._replace(conversation_id=name)
        for number in range(20):
            await write(store, make_entry(number, key=key), owner=name)
        print((await store.load('old')).data, len(await store.journal(key)))

asyncio.run(main(*sys.argv[1:]))
"""


def test_several_processes_may_open_a_database_of_version_1_at_once(old_url: str) -> None:
    results = finish_together([start(OPEN, old_url, name) for name in ('p', 'q', 'r')])
    assert results == [(0, "b'old' 20\n", '')] * 3
