"""A database that an older version made has its snapshots still, and journals, once it is opened."""

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
VERSION_2 = (
    VERSION_1
    + """
CREATE TABLE grail_journals (
    conversation_id VARCHAR NOT NULL, cell_id VARCHAR NOT NULL, code_digest VARCHAR NOT NULL, number INTEGER NOT NULL,
    written_at {time} NOT NULL, data {bytes} NOT NULL, PRIMARY KEY (conversation_id, cell_id, code_digest, number)
);
CREATE TABLE grail_claims (
    conversation_id VARCHAR NOT NULL, cell_id VARCHAR NOT NULL, code_digest VARCHAR NOT NULL, owner VARCHAR NOT NULL,
    until {time} NOT NULL, PRIMARY KEY (conversation_id, cell_id, code_digest)
);
INSERT INTO grail_schema VALUES (2);
INSERT INTO grail_journals VALUES ('A', 'c1', 'digest of c1', 0, '2026-01-01 12:00:00.000000', {old});
INSERT INTO grail_journals VALUES ('B', 'c1', 'digest of c1', 0, '2026-01-01 12:00:00.000000', {old});
INSERT INTO grail_claims VALUES ('A', 'c1', 'digest of c1', 'one', '2026-01-01 12:01:00.000000');
"""
)
"""What version 2 of the tables was, with journals and a claim beside the snapshot."""
SQLITE = {'sequence': 'INTEGER NOT NULL', 'time': 'DATETIME', 'bytes': 'BLOB', 'old': "x'6f6c64'"}
POSTGRESQL = {'sequence': 'BIGSERIAL NOT NULL', 'time': 'TIMESTAMPTZ', 'bytes': 'BYTEA', 'old': "'old'"}


async def execute(url: URL, *statements: str) -> None:
    engine = create_async_engine(url, isolation_level='AUTOCOMMIT')
    async with engine.connect() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await engine.dispose()


DIALECTS = pytest.mark.parametrize('dialect', ['sqlite', 'postgresql'])


@pytest.fixture
def old_url(dialect: str, schema: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of an older version."""
    if dialect == 'sqlite':
        path = tmp_path / 'old.db'
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(schema.format(**SQLITE))
        yield f'sqlite:///{path}'
        return
    server = make_url(request.getfixturevalue('postgresql_url')).set(drivername='postgresql+asyncpg')
    url = server.set(database=f'old_{uuid4().hex}')
    asyncio.run(
        execute(server, f'CREATE DATABASE {url.database}', f"ALTER DATABASE {url.database} SET timezone = 'UTC'")
    )
    asyncio.run(execute(url, *schema.format(**POSTGRESQL).split(';')[:-1]))
    yield url.render_as_string(hide_password=False)
    asyncio.run(execute(server, f'DROP DATABASE {url.database} WITH (FORCE)'))


@DIALECTS
@pytest.mark.parametrize('schema', [VERSION_1])
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
            await write(store, make_entry(number, key=key), holder=name)
        print((await store.load('old')).data, len(await store.journal(key)))

asyncio.run(main(*sys.argv[1:]))
"""


@DIALECTS
@pytest.mark.parametrize('schema', [VERSION_2])
def test_what_a_database_of_version_2_has_is_nobodys_in_particular(old_url: str) -> None:
    entry = make_entry(0, data=b'old')

    async def use() -> None:
        async with SqlStore(old_url) as store:
            assert await store.load('old') == make_record('old')
            assert await store.load('old', owner='ada') is None
            assert list(await store.journal(CELL)) == [entry]
            assert list(await store.journal(CELL._replace(owner='ada'))) == []
            assert [cell.claim for cell in await store.begun('A')] == [make_claim('one')]
            assert {each.conversation_id for each in await store.conversations()} == {'A', 'B'}
            assert list(await store.conversations(owner='ada')) == []
            assert await store.claim(CELL, make_claim('two'), now=NOON) == make_claim('one')
            await write(store, make_entry(1))
            of_ada = CELL._replace(owner='ada')
            await write(store, make_entry(0, key=of_ada), make_entry(1, key=of_ada), holder='two')
            await store.save(make_record('new', owner='ada'))

    async def again() -> None:
        async with SqlStore(old_url) as store:
            assert list(await store.journal(CELL)) == [entry, make_entry(1)]
            assert await store.newest('A', owner='ada') == make_record('new', owner='ada')
            assert await store.newest('A') == make_record('old')

    asyncio.run(use())
    asyncio.run(again())


@DIALECTS
@pytest.mark.parametrize('schema', [VERSION_1, VERSION_2])
def test_an_older_database_gets_the_tables_of_a_new_one(old_url: str, tmp_path: Path) -> None:
    async def read(url: str) -> None:
        async with SqlStore(url) as store:
            assert await store.load('nobody') is None

    asyncio.run(read(old_url))
    if not old_url.startswith('sqlite'):
        return
    asyncio.run(read(f'sqlite:///{tmp_path / "new.db"}'))
    assert _tables(tmp_path / 'old.db') == _tables(tmp_path / 'new.db')


def _tables(path: Path) -> dict[str, object]:
    """The columns and the indexes of each table; the order of columns may differ."""
    with closing(sqlite3.connect(path)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: (
                sorted((row[1], row[3], row[5]) for row in connection.execute(f'PRAGMA table_info({name})')),
                {
                    index[1]: [row[2] for row in connection.execute(f'PRAGMA index_info({index[1]})')]
                    for index in connection.execute(f'PRAGMA index_list({name})')
                },
            )
            for name in names
        }


@DIALECTS
@pytest.mark.parametrize('schema', [VERSION_1, VERSION_2])
def test_several_processes_may_open_an_older_database_at_once(old_url: str) -> None:
    results = finish_together([start(OPEN, old_url, name) for name in ('p', 'q', 'r')])
    assert results == [(0, "b'old' 20\n", '')] * 3
