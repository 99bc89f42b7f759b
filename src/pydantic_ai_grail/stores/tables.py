"""The tables of `SqlStore`, for SQLite and PostgreSQL alike.

`SCHEMA_VERSION` grows with every change; the newest row in `grail_schema` says which version a database has. Version 2
added journals and claims; a database of version 1 gets them when it is opened.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
    bindparam,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateIndex, CreateTable

from ..errors import StoreError

SCHEMA_VERSION: Final = 2

_ADVISORY_LOCK: Final = 0x6772_6169_6C
"""The PostgreSQL lock under which tables are made; a number of ours."""


class UtcDateTime(TypeDecorator[datetime]):
    """An instant with a time zone, kept as UTC; SQLite, which has no time zones, keeps the bare UTC time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata: Final = MetaData()
_CELL: Final = ('conversation_id', 'cell_id', 'code_digest')

schema: Final = Table('grail_schema', metadata, Column('version', Integer, primary_key=True, autoincrement=False))

snapshots: Final = Table(
    'grail_snapshots',
    metadata,
    # SQLite only gives an INTEGER primary key its fast form. The order of saving breaks ties of time.
    Column('sequence', BigInteger().with_variant(Integer, 'sqlite'), primary_key=True),
    Column('name', String, nullable=False, unique=True),
    Column('conversation_id', String, nullable=False),
    Column('cell_id', String, nullable=False),
    Column('code_digest', String, nullable=False),
    Column('parent', String, nullable=True),
    Column('created_at', UtcDateTime, nullable=False),
    # Last, so that SQLite reads the columns before it without walking through the pages of a large value.
    Column('data', LargeBinary, nullable=False),
    Index('grail_snapshots_newest', 'conversation_id', 'created_at'),
    Index('grail_snapshots_cell', 'cell_id', 'code_digest', 'conversation_id', 'created_at'),
    Index('grail_snapshots_age', 'created_at'),
)


journals: Final = Table(
    'grail_journals',
    metadata,
    Column('conversation_id', String, primary_key=True),
    Column('cell_id', String, primary_key=True),
    Column('code_digest', String, primary_key=True),
    Column('number', Integer, primary_key=True, autoincrement=False),
    Column('written_at', UtcDateTime, nullable=False),
    Column('data', LargeBinary, nullable=False),
)

claims: Final = Table(
    'grail_claims',
    metadata,
    Column('conversation_id', String, primary_key=True),
    Column('cell_id', String, primary_key=True),
    Column('code_digest', String, primary_key=True),
    Column('owner', String, nullable=False),
    Column('until', UtcDateTime, nullable=False),
)


def insert_once(table: Table, dialect: Dialect) -> postgresql.Insert | sqlite.Insert:
    """An insert that changes nothing where the row is already there."""
    return _insert_once(table, dialect.name)


TAKE_CLAIM: Final = text(
    """
    INSERT INTO grail_claims AS held (conversation_id, cell_id, code_digest, owner, until)
    VALUES (:conversation_id, :cell_id, :code_digest, :owner, :until)
    ON CONFLICT (conversation_id, cell_id, code_digest) DO UPDATE
    SET owner = excluded.owner, until = excluded.until
    WHERE held.owner = excluded.owner OR held.until <= :now OR held.owner = :instead_of
    RETURNING (
        SELECT coalesce(max(number) + 1, 0) FROM grail_journals
        WHERE conversation_id = :conversation_id AND cell_id = :cell_id AND code_digest = :code_digest
    )
    """
).bindparams(
    bindparam('until', type_=UtcDateTime), bindparam('now', type_=UtcDateTime), bindparam('instead_of', type_=String)
)
"""Takes the claim to a cell, or prolongs it, and gives the length of its journal back; nothing if another has it.

Parameters: the columns of `claims`; `now`; and `instead_of`, an owner that may be replaced. As text, since both databases
understand it and a process that goes on with a cell has to wait until it is compiled: 0.6 ms instead of 1.6, SQLAlchemy 2.1.
"""


@cache
def _insert_once(table: Table, dialect_name: str) -> postgresql.Insert | sqlite.Insert:
    insert = sqlite.insert(table) if dialect_name == 'sqlite' else postgresql.insert(table)
    return insert.on_conflict_do_nothing()


def make_tables(connection: Connection) -> None:
    """Make the tables if there are none yet. Other processes may be doing the same.

    Raises:
        StoreError: When a newer version of this package made them.
    """
    found = _version(connection)
    if found is None:
        _create(connection)
    elif found < SCHEMA_VERSION:
        _create(connection)  # every version so far only added tables
    elif found > SCHEMA_VERSION:
        raise StoreError(
            f'The tables have version {found}; this version of pydantic-ai-grail knows them up to {SCHEMA_VERSION}. '
            'Upgrade it, or use another database.'
        )


def _version(connection: Connection) -> int | None:
    try:
        with connection.begin_nested():
            return connection.scalar(text('SELECT max(version) FROM grail_schema'))
    except DBAPIError:
        return None  # there is no such table; if it was something else, making them runs into it too


def _create(connection: Connection) -> None:
    if connection.dialect.name == 'postgresql':
        connection.execute(text(f'SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})'))
    for table in metadata.sorted_tables:
        connection.execute(CreateTable(table, if_not_exists=True))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(CreateIndex(index, if_not_exists=True))
    connection.execute(insert_once(schema, connection.dialect), {'version': SCHEMA_VERSION})
