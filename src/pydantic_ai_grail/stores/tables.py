"""The tables of `SqlStore`, for SQLite and PostgreSQL alike.

`SCHEMA_VERSION` grows with every change; the newest row in `grail_schema` says which version a database has. Version 2
added journals and claims, version 3 owners; an older database gets them when it is opened, and what it has is nobody's in particular.
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
    inspect,
    text,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateIndex, CreateTable

from ..errors import StoreError
from .base import NO_OWNER

SCHEMA_VERSION: Final = 3

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
    Column('owner', String, nullable=False),
    Column('conversation_id', String, nullable=False),
    Column('cell_id', String, nullable=False),
    Column('code_digest', String, nullable=False),
    Column('parent', String, nullable=True),
    Column('created_at', UtcDateTime, nullable=False),
    # Last, so that SQLite reads the columns before it without walking through the pages of a large value.
    Column('data', LargeBinary, nullable=False),
    # In a database that was migrated `owner` comes after it, so every index has it.
    Index('grail_snapshots_newest', 'owner', 'conversation_id', 'created_at'),
    Index('grail_snapshots_cell', 'owner', 'cell_id', 'code_digest', 'conversation_id', 'created_at'),
    Index('grail_snapshots_age', 'created_at', 'owner'),
)


journals: Final = Table(
    'grail_journals',
    metadata,
    Column('owner', String, primary_key=True),
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
    Column('owner', String, primary_key=True),
    Column('conversation_id', String, primary_key=True),
    Column('cell_id', String, primary_key=True),
    Column('code_digest', String, primary_key=True),
    Column('holder', String, nullable=False),
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
    """Make what is missing, in a transaction. Other processes may be doing the same."""
    if connection.dialect.name == 'postgresql':
        connection.execute(text(f'SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})'))
    _add_owners(connection)
    for table in metadata.sorted_tables:
        connection.execute(CreateTable(table, if_not_exists=True))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(CreateIndex(index, if_not_exists=True))
    connection.execute(
        text('INSERT INTO grail_schema VALUES (:version) ON CONFLICT DO NOTHING'), {'version': SCHEMA_VERSION}
    )


def _add_owners(connection: Connection) -> None:
    """Give the tables of an older version their owners. Nothing is copied that may be large; primary keys cannot be changed
    in SQLite, so journals and claims move into new tables."""
    found = inspect(connection)
    if not found.has_table(snapshots.name) or any(
        each['name'] == 'owner' for each in found.get_columns(snapshots.name)
    ):
        return
    connection.execute(text(f"ALTER TABLE {snapshots.name} ADD COLUMN owner VARCHAR NOT NULL DEFAULT '{NO_OWNER}'"))
    for index in snapshots.indexes:
        connection.execute(text(f'DROP INDEX IF EXISTS {index.name}'))
    for table in (journals, claims):
        if not found.has_table(table.name):
            continue
        new = table.to_metadata(MetaData(), name=f'{table.name}_{SCHEMA_VERSION}')
        columns = ', '.join(column.name for column in table.columns)
        # The holder of a claim was called its owner.
        values = columns.replace('owner', f"'{NO_OWNER}'").replace('holder', 'owner')
        connection.execute(CreateTable(new))
        connection.execute(text(f'INSERT INTO {new.name} ({columns}) SELECT {values} FROM {table.name}'))
        connection.execute(text(f'DROP TABLE {table.name}'))
        connection.execute(text(f'ALTER TABLE {new.name} RENAME TO {table.name}'))
