"""The tables of `SqlStore`, for SQLite and PostgreSQL alike.

`SCHEMA_VERSION` grows with every change; the row in `grail_schema` says which version made a database. Tables for
journals and leases come as later versions beside these.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
)

SCHEMA_VERSION: Final = 1


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
