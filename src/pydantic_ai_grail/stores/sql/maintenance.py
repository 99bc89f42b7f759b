"""What an operator asks of a database beside what a store does: whether it is one, and that its file shrinks."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from anyio.to_thread import run_sync
from sqlalchemy import URL, Connection, NullPool, create_engine, inspect

from ..tables import refuse_programs, schema
from .in_loop import make_engine


async def has_tables(url: URL) -> bool:
    """Whether there is such a database and it has a store's tables. Makes neither."""
    if url.get_backend_name() == 'sqlite':
        return await run_sync(_file_has_tables, url)
    engine = make_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        return await connection.run_sync(_has_tables)


def rewrite(path: Path, busy_timeout_seconds: float) -> int:
    """Rewrite a SQLite file without the room that nothing takes; how many bytes smaller it is."""
    before = _size(path)
    # A connection of its own, for VACUUM runs in no transaction.
    with closing(sqlite3.connect(path, timeout=busy_timeout_seconds, isolation_level=None)) as connection:
        connection.execute('VACUUM')
        # The new content stands in the write-ahead log until then.
        connection.execute('PRAGMA wal_checkpoint(TRUNCATE)').fetchall()
    return max(0, before - _size(path))


def _size(path: Path) -> int:
    log = path.with_name(f'{path.name}-wal')
    return path.stat().st_size + (log.stat().st_size if log.exists() else 0)


def _file_has_tables(url: URL) -> bool:
    if url.database is None or not Path(url.database).is_file():
        return False
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        refuse_programs(connection)
        return _has_tables(connection)


def _has_tables(connection: Connection) -> bool:
    return inspect(connection).has_table(schema.name)
