"""The tables of `SqlStore`, for SQLite and PostgreSQL alike.

`SCHEMA_VERSION` grows with every change; the newest row in `grail_schema` says which version a database has. Version 2
added journals and claims; a database of version 1 gets them when it is opened.
"""

from __future__ import annotations

from datetime import UTC, datetime
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
    text,
)
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


def refuse_programs(connection: Connection) -> None:
    """Look whether what a SQLite file has in place of our tables are tables: a view or a trigger is a program, and may run
    for ever.

    Raises:
        StoreError: When it is not.
    """
    there = connection.exec_driver_sql('SELECT type, name, tbl_name, sql FROM sqlite_master').all()
    for type_, name, table, sql in there:
        is_program = type_ in ('view', 'trigger') or (
            type_ == 'table' and str(sql).upper().startswith('CREATE VIRTUAL')
        )
        if is_program and {str(name).lower(), str(table).lower()} & metadata.tables.keys():
            raise StoreError(
                f'The database has a {type_} {name!r} where a store has a plain table. No store has made it, so it is not '
                'read.'
            )


def has_tables(connection: Connection) -> bool:
    """Whether the tables are there, all those of this version. Needs a connection without a transaction.

    Raises:
        StoreError: When a newer version of this package made them.
    """
    try:
        found: int | None = connection.exec_driver_sql('SELECT max(version) FROM grail_schema').scalar()
    except DBAPIError:
        return False  # there is no such table; if it was something else, making them runs into it too
    if found is not None and found > SCHEMA_VERSION:
        raise StoreError(
            f'The tables have version {found}; this version of pydantic-ai-grail knows them up to {SCHEMA_VERSION}. '
            'Upgrade it, or use another database.'
        )
    return found == SCHEMA_VERSION


def make_tables(connection: Connection) -> None:
    """Make what is missing, in a transaction. Other processes may be doing the same. Every version so far only added
    tables."""
    if connection.dialect.name == 'postgresql':
        connection.execute(text(f'SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})'))
    for table in metadata.sorted_tables:
        connection.execute(CreateTable(table, if_not_exists=True))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(CreateIndex(index, if_not_exists=True))
    connection.execute(
        text('INSERT INTO grail_schema VALUES (:version) ON CONFLICT DO NOTHING'), {'version': SCHEMA_VERSION}
    )
