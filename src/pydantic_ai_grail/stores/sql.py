"""A store in SQLite or PostgreSQL, one implementation for both: SQLAlchemy Core, async.

The first use opens it and makes its tables. Connections belong to the event loop they were made in; the store may be
used from several, one after the other or in several threads, and several processes may share its database.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import asynccontextmanager, nullcontext
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

from anyio import Lock

from ..errors import SettingsError, StoreError
from .base import Reach, SnapshotRecord, check_forget
from .per_loop import PerLoop

try:
    from sqlalchemy import URL, Delete, Select, delete, event, func, make_url, select
    from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
    from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

    from .tables import insert_once, make_tables, snapshots
except ImportError as error:
    raise ImportError("SqlStore needs SQLAlchemy and a driver: pip install 'pydantic-ai-grail[sql]'") from error

DRIVERS: Final = {'sqlite': 'sqlite+aiosqlite', 'postgresql': 'postgresql+asyncpg', 'postgres': 'postgresql+asyncpg'}
"""What a URL without a driver is taken for."""


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
        async with self._transaction('save') as connection:
            await connection.execute(insert_once(snapshots, connection.dialect), _row(record))

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
    async def _transaction(self, purpose: Literal['open', 'read', 'save', 'forget']) -> AsyncGenerator[AsyncConnection]:
        """A connection with a transaction around it, of a database that has its tables."""
        try:
            async with self._loops.current().transaction(writes=purpose in ('save', 'forget')) as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            raise StoreError(f'{self!r} could not {purpose}: {cause}') from error


class _Database:
    """An engine and what was opened with it, for one event loop."""

    def __init__(self, url: URL, busy_timeout_seconds: float) -> None:
        self._is_sqlite = url.get_backend_name() == 'sqlite'
        if self._is_sqlite:
            # One connection is held by whoever writes, so some are left to read while it waits for another process.
            self.engine = create_async_engine(url, pool_size=4, connect_args={'timeout': busy_timeout_seconds})
        else:
            self.engine = create_async_engine(url, pool_pre_ping=True)
        self._drivers: weakref.WeakSet[Any] = weakref.WeakSet()
        # SQLite has one writer at a time. In this process they queue here, which is fair; several at once would poll
        # the file's lock.
        self._writing = Lock()
        self._making_tables = Lock()
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

    @asynccontextmanager
    async def transaction(self, *, writes: bool) -> AsyncGenerator[AsyncConnection]:
        """A connection with a transaction around it, after the tables were made."""
        if not self._has_tables:
            async with self._making_tables:
                if not self._has_tables:
                    await make_tables(self.engine)
                    self._has_tables = True
        async with self._writing if writes and self._is_sqlite else nullcontext(), self.engine.begin() as connection:
            yield connection

    def abandon(self) -> None:
        """Let go of connections whose loop has ended, where nothing can be awaited any more."""
        # aiosqlite closes in its own thread; asyncpg would need the loop that is gone, and drops the socket.
        for driver in self._drivers:
            _without_loop(driver.stop) if self._is_sqlite else driver.terminate()
        self.engine.sync_engine.dispose(close=False)


def _without_loop(stop: Callable[[], object]) -> None:
    """Stop an aiosqlite thread from one that has no event loop: else it would report to the loop that happens to run
    here, which may be closed when the report comes."""
    try:
        thread = threading.Thread(target=stop)
        thread.start()
    except RuntimeError:  # the interpreter is ending and starts no threads; no loop runs any more
        stop()
    else:
        thread.join()


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
