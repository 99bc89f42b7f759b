"""A store in SQLite or PostgreSQL, one implementation for both: SQLAlchemy Core, async.

The first use opens it and makes its tables. Connections belong to the event loop they were made in; the store may be
used from several, one after the other or in several threads, and several processes may share its database.
"""

from __future__ import annotations

import weakref
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from anyio import Lock

from ..errors import SettingsError, StoreError
from .base import Reach, SnapshotRecord, check_forget
from .per_loop import PerLoop

try:
    from sqlalchemy import URL, Delete, Select, delete, event, func, make_url, select, text
    from sqlalchemy.dialects import postgresql, sqlite
    from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
    from sqlalchemy.schema import CreateIndex, CreateTable

    from .tables import SCHEMA_VERSION, metadata, schema, snapshots
except ImportError as error:
    raise ImportError("SqlStore needs SQLAlchemy and a driver: pip install 'pydantic-ai-grail[sql]'") from error

DRIVERS: Final = {'sqlite': 'sqlite+aiosqlite', 'postgresql': 'postgresql+asyncpg', 'postgres': 'postgresql+asyncpg'}
"""What a URL without a driver is taken for."""

_TABLES_LOCK: Final = 0x6772_6169_6C
"""The PostgreSQL advisory lock under which tables are made; a number of ours."""


class SqlStore:
    """Keeps snapshots in a database, for as long as nobody forgets them.

    A file (`'sqlite:///agent.db'`, relative to the working directory of the moment) is shared by the processes of one
    machine; `'postgresql://user@host/name'` by many machines. `async with` closes the connections of this loop at its
    end; without it they stay until the store is dropped or the process ends.

    Args:
        url: A SQLAlchemy URL for SQLite with aiosqlite or PostgreSQL with asyncpg; the driver may be left out.
        busy_timeout_seconds: How long a SQLite write waits for other processes to finish theirs.

    Raises:
        SettingsError: When the URL is for another database or driver, or is a SQLite database in memory.
        ImportError: When the driver is not installed.
    """

    def __init__(self, url: str | URL, *, busy_timeout_seconds: float = 5.0) -> None:
        chosen = _upgraded(url)
        self._url = chosen
        self._is_sqlite = chosen.get_backend_name() == 'sqlite'
        self._loops = PerLoop(lambda: _Database(chosen, busy_timeout_seconds), _Database.abandon)
        weakref.finalize(self, self._loops.abandon_all)

    def __repr__(self) -> str:
        return f'SqlStore({self._url.render_as_string()!r})'

    @property
    def reach(self) -> Reach:
        return 'machine' if self._is_sqlite else 'network'

    @property
    def path(self) -> Path | None:
        """The database file, for SQLite."""
        return Path(self._url.database) if self._is_sqlite and self._url.database else None

    async def save(self, record: SnapshotRecord) -> None:
        insert = sqlite.insert(snapshots) if self._is_sqlite else postgresql.insert(snapshots)
        async with self._transaction('save') as connection:
            await connection.execute(insert.on_conflict_do_nothing(index_elements=['name']), _row(record))

    async def load(self, name: str) -> SnapshotRecord | None:
        return await self._first(_COLUMNS.where(snapshots.c.name == name))

    async def find(self, cell_id: str, code_digest: str, *, conversation_id: str | None) -> SnapshotRecord | None:
        is_cell = (snapshots.c.cell_id == cell_id) & (snapshots.c.code_digest == code_digest)
        query = _COLUMNS.where(is_cell).order_by(*_NEWEST_FIRST)
        if conversation_id is None:
            holders = select(func.count(snapshots.c.conversation_id.distinct())).where(is_cell)
            return await self._first(query.where(holders.scalar_subquery() == 1))
        return await self._first(query.where(snapshots.c.conversation_id == conversation_id))

    async def newest(self, conversation_id: str, *, not_after: datetime | None = None) -> SnapshotRecord | None:
        query = _COLUMNS.where(snapshots.c.conversation_id == conversation_id).order_by(*_NEWEST_FIRST)
        return await self._first(query if not_after is None else query.where(snapshots.c.created_at <= not_after))

    async def forget(
        self,
        *,
        conversation_id: str | None = None,
        older_than: datetime | None = None,
        keep_newest: int = 0,
        keep_names: Collection[str] = (),
    ) -> int:
        check_forget(conversation_id=conversation_id, older_than=older_than, keep_newest=keep_newest)
        statement = delete(snapshots)
        if conversation_id is not None:
            statement = statement.where(snapshots.c.conversation_id == conversation_id)
        if older_than is not None:
            statement = statement.where(snapshots.c.created_at < older_than)
        if keep_names:
            statement = statement.where(snapshots.c.name.not_in(keep_names))
        if keep_newest:
            statement = _sparing_newest(statement, keep_newest, conversation_id)
        async with self._transaction('forget') as connection:
            return (await connection.execute(statement)).rowcount

    async def aclose(self) -> None:
        """Close the connections of this loop, and those that loops which are not running left behind."""
        database = self._loops.take()
        if database is not None:
            await database.engine.dispose()
        self._loops.abandon_idle()

    async def __aenter__(self) -> Self:
        async with self._transaction('open'):
            return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None, /
    ) -> None:
        await self.aclose()

    async def _first(self, query: Select[Any]) -> SnapshotRecord | None:
        async with self._transaction('read') as connection:
            row = (await connection.execute(query.limit(1))).mappings().first()
        return None if row is None else SnapshotRecord(**row)

    @asynccontextmanager
    async def _transaction(self, purpose: str) -> AsyncGenerator[AsyncConnection]:
        """A connection with a transaction around it, of a database that has its tables."""
        database = self._loops.current()
        try:
            await database.make_tables()
            async with database.engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            raise StoreError(f'{self!r} could not {purpose}: {cause}') from error


class _Database:
    """An engine and what was opened with it, for one event loop."""

    def __init__(self, url: URL, busy_timeout_seconds: float) -> None:
        self.engine: AsyncEngine
        self._is_sqlite = url.get_backend_name() == 'sqlite'
        if self._is_sqlite:
            # SQLite has one writer at a time anyway: waiting for the one connection is fair and costs nothing, while
            # several would poll the file's lock. Measured 2026-11-20, 20 tasks: see docs/state.md.
            self.engine = create_async_engine(
                url, pool_size=1, max_overflow=0, connect_args={'timeout': busy_timeout_seconds}
            )
        else:
            self.engine = create_async_engine(url, pool_pre_ping=True)
        self._drivers: weakref.WeakSet[Any] = weakref.WeakSet()
        self._lock = Lock()
        self._has_tables = False
        event.listen(self.engine.sync_engine, 'connect', self._on_connect)

    def _on_connect(self, connection: Any, _: object) -> None:
        self._drivers.add(connection.driver_connection)
        if self._is_sqlite:
            cursor = connection.cursor()
            # WAL: readers and the writer do not wait for each other; NORMAL: a power cut may lose the last commits,
            # never the file.
            cursor.execute('PRAGMA journal_mode = WAL')
            cursor.execute('PRAGMA synchronous = NORMAL')
            cursor.close()

    async def make_tables(self) -> None:
        """Make the tables if there are none yet.

        Raises:
            StoreError: When a newer version of this package made them.
        """
        if self._has_tables:
            return
        async with self._lock:
            if self._has_tables:
                return
            async with self.engine.begin() as connection:
                if not self._is_sqlite:
                    await connection.execute(text(f'SELECT pg_advisory_xact_lock({_TABLES_LOCK})'))
                for table in metadata.sorted_tables:
                    await connection.execute(CreateTable(table, if_not_exists=True))
                    for index in table.indexes:
                        await connection.execute(CreateIndex(index, if_not_exists=True))
                found = await connection.scalar(select(func.max(schema.c.version)))
                if found is None:
                    insert = sqlite.insert(schema) if self._is_sqlite else postgresql.insert(schema)
                    await connection.execute(insert.on_conflict_do_nothing(), {'version': SCHEMA_VERSION})
            if found is not None and found > SCHEMA_VERSION:
                raise StoreError(
                    f'The tables have version {found}; this version of pydantic-ai-grail knows them up to '
                    f'{SCHEMA_VERSION}. Upgrade it, or use another database.'
                )
            self._has_tables = True

    def abandon(self) -> None:
        """Let go of connections whose loop has ended, where nothing can be awaited any more."""
        for driver in self._drivers:
            # aiosqlite closes in its own thread; asyncpg would need the loop that is gone, and drops the socket.
            driver.stop() if self._is_sqlite else driver.terminate()
        self.engine.sync_engine.dispose(close=False)


_NAMES: Final = tuple(field.name for field in fields(SnapshotRecord))
_COLUMNS: Final = select(*(snapshots.c[name] for name in _NAMES))
_NEWEST_FIRST: Final = (snapshots.c.created_at.desc(), snapshots.c.sequence.desc())


def _row(record: SnapshotRecord) -> dict[str, object]:
    return {column: getattr(record, column) for column in _NAMES}


def _sparing_newest(statement: Delete, count: int, conversation_id: str | None) -> Delete:
    """`statement` without the `count` newest records of each conversation."""
    age = func.row_number().over(partition_by=snapshots.c.conversation_id, order_by=_NEWEST_FIRST)
    aged = select(snapshots.c.sequence, age.label('age'))
    if conversation_id is not None:
        aged = aged.where(snapshots.c.conversation_id == conversation_id)
    ages = aged.subquery()
    return statement.where(snapshots.c.sequence.in_(select(ages.c.sequence).where(ages.c.age > count)))


def _upgraded(url: str | URL) -> URL:
    """The URL with the async driver, and a relative file made absolute, since the working directory may change."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise SettingsError(f'{url!r} is no database URL; one looks like sqlite:///agent.db.') from error
    parsed = parsed.set(drivername=DRIVERS.get(parsed.drivername, parsed.drivername))
    if parsed.drivername not in DRIVERS.values():
        raise SettingsError(
            f'SqlStore works with SQLite (aiosqlite) and PostgreSQL (asyncpg), not with {parsed.drivername!r}.'
        )
    if parsed.get_backend_name() == 'sqlite':
        if not parsed.database or parsed.database.startswith((':memory:', 'file:')):
            raise SettingsError(
                f'SqlStore({str(url)!r}) names no file. Use MemoryStore() to keep state in memory only.'
            )
        return parsed.set(database=str(Path(parsed.database).absolute()))
    return parsed
