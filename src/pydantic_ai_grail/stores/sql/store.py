"""`SqlStore`: what a store does, as statements that SQLite and PostgreSQL both understand."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self, TypeVar

from anyio.to_thread import run_sync
from sqlalchemy import URL, Connection, Delete, delete, func, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from ...errors import SettingsError, StoreError
from ..base import (
    ALL_OWNERS,
    NO_OWNER,
    AllOwners,
    BegunCell,
    CellKey,
    Claim,
    Contents,
    ConversationSummary,
    JournalRecord,
    Reach,
    SnapshotRecord,
    check_forget,
)
from ..tables import snapshots
from . import contents, journals
from . import maintenance as upkeep
from .database import Access, Database
from .in_loop import InLoop, check_driver
from .in_threads import InThreads
from .remedies import remedy
from .statements import Statement, instant

T = TypeVar('T')
Purpose = Literal['open', 'read', 'save', 'forget', 'claim', 'release', 'append', 'vacuum']

SQLITE, POSTGRESQL = 'sqlite+pysqlite', 'postgresql+asyncpg'
DRIVERS: Final = {
    'sqlite': SQLITE,
    'sqlite+aiosqlite': SQLITE,
    'postgresql': POSTGRESQL,
    'postgres': POSTGRESQL,
}
"""What a URL is taken for. Async ones for SQLite, as people have them in their settings, mean the same file."""


class SqlStore:
    """Keeps snapshots and journals in a database, for as long as nobody forgets them.

    A file (`'sqlite:///agent.db'`, relative to the working directory of the moment) is shared by the processes of one
    machine; `'postgresql://user@host/name'` by many machines. The first use opens it and makes its tables. Event loops
    may use it one after the other, or in several threads. `async with` closes its connections at the end; without it
    they stay until the store is dropped or the process ends.

    Args:
        url: A SQLAlchemy URL; the driver may be left out.
        busy_timeout: How long SQLite waits for other processes to finish writing, in seconds or as a `timedelta`, at most a
            day.

    Raises:
        SettingsError: When the URL is for another database or driver, or is a SQLite database in memory, or
            `busy_timeout` is no such time.
        ImportError: When the driver is not installed.
    """

    def __init__(self, url: str | URL, *, busy_timeout: float | timedelta = 5.0) -> None:
        chosen = _chosen(url)
        chosen.get_dialect()  # imported now, not while somebody waits for a cell
        self._url = chosen
        busy_timeout_seconds = self._busy_timeout_seconds = _in_seconds(busy_timeout)
        if chosen.drivername == SQLITE:
            self._database = Database(lambda: InThreads(chosen, busy_timeout_seconds=busy_timeout_seconds))
        else:
            check_driver()
            self._database = Database(lambda: InLoop(chosen))

    def __repr__(self) -> str:
        secret = [name for name in self._url.query if 'password' in name]
        shown = self._url.set(drivername=self._url.get_backend_name()).difference_update_query(secret)
        return f'SqlStore({shown.render_as_string()!r})'

    @property
    def reach(self) -> Reach:
        return 'machine' if self._url.drivername == SQLITE else 'network'

    @property
    def path(self) -> Path | None:
        """The database file, for SQLite."""
        return Path(self._url.database) if self.reach == 'machine' and self._url.database else None

    async def save(self, record: SnapshotRecord) -> None:
        row = {name: getattr(record, name) for name in _NAMES}
        await self._run('save', 'write', lambda connection: _SAVE.execute(connection, row))

    async def load(self, name: str, *, owner: str = NO_OWNER) -> SnapshotRecord | None:
        return await self._first(_BY_NAME, {'owner': owner, 'name': name})

    async def find(
        self, cell_id: str, code_digest: str, *, conversation_id: str | None, owner: str = NO_OWNER
    ) -> SnapshotRecord | None:
        parameters = {'owner': owner, 'cell_id': cell_id, 'code_digest': code_digest}
        if conversation_id is None:
            return await self._first(_BY_CELL_ALONE, parameters)
        return await self._first(_BY_CELL, {**parameters, 'conversation_id': conversation_id})

    async def newest(
        self, conversation_id: str, *, owner: str = NO_OWNER, not_after: datetime | None = None
    ) -> SnapshotRecord | None:
        parameters = {'owner': owner, 'conversation_id': conversation_id}
        if not_after is None:
            return await self._first(_NEWEST, parameters)
        return await self._first(_NEWEST_UNTIL, {**parameters, 'not_after': not_after})

    async def forget(
        self,
        *,
        owner: str | AllOwners = NO_OWNER,
        conversation_id: str | None = None,
        older_than: datetime | None = None,
        keep_newest: int = 0,
        keep_names: Collection[str] = (),
    ) -> int:
        check_forget(owner=owner, conversation_id=conversation_id, older_than=older_than, keep_newest=keep_newest)
        statement = delete(snapshots)
        if owner is not ALL_OWNERS:
            statement = statement.where(snapshots.c.owner == owner)
        if conversation_id is not None:
            statement = statement.where(snapshots.c.conversation_id == conversation_id)
        if older_than is not None:
            statement = statement.where(snapshots.c.created_at < older_than)
        if keep_names:
            statement = statement.where(snapshots.c.name.not_in(keep_names))
        if keep_newest:
            statement = _sparing_newest(statement, keep_newest, owner, conversation_id)

        def work(connection: Connection) -> int:
            journals.forget(
                connection,
                owner=owner,
                conversation_id=conversation_id,
                older_than=older_than,
                keep_newest=keep_newest,
            )
            return connection.execute(statement).rowcount

        return await self._run('forget', 'transact', work)

    async def claim(self, key: CellKey, claim: Claim, *, now: datetime, instead_of: str | None = None) -> Claim:
        return await self._run(
            'claim', 'write', lambda connection: journals.take(connection, key, claim, now=now, instead_of=instead_of)
        )

    async def release(self, key: CellKey, *, holder: str) -> None:
        await self._run('release', 'write', lambda connection: journals.release(connection, key, holder))

    async def append(
        self, records: Sequence[JournalRecord], *, claim: Claim, now: datetime, release: bool = False
    ) -> None:
        def work(connection: Connection) -> None:
            journals.append(connection, records, claim, now=now)
            if release:
                journals.release(connection, records[0].key, claim.holder)

        at_once = not release and journals.may_be_at_once(records)
        if not at_once or not await self._run(
            'append', 'write', lambda connection: journals.appended(connection, records, claim)
        ):
            await self._run('append', 'transact', work)

    async def journal(self, key: CellKey) -> Sequence[JournalRecord]:
        return await self._run('read', 'read', lambda connection: journals.read(connection, key))

    async def begun(
        self, conversation_id: str, *, owner: str = NO_OWNER, after: datetime | None = None
    ) -> Sequence[BegunCell]:
        return await self._run(
            'read', 'read', lambda connection: journals.begun(connection, owner, conversation_id, after=after)
        )

    async def conversations(
        self, *, owner: str | AllOwners = NO_OWNER, limit: int = 100
    ) -> Sequence[ConversationSummary]:
        return await self._run('read', 'read', lambda connection: contents.summaries(connection, owner, limit))

    async def contents(self, conversation_id: str, *, owner: str = NO_OWNER) -> Contents:
        return await self._run('read', 'read', lambda connection: contents.all_of(connection, owner, conversation_id))

    async def exists(self) -> bool:
        """Whether the database is there and is a store. Everything else makes what is missing; this makes nothing."""
        return await self._translated('open', upkeep.has_tables(self._url))

    async def vacuum(self) -> int:
        """Delete claims that ended long ago, and give the room of what was forgotten back; how many bytes that was.

        SQLite's file does not shrink by itself. It is rewritten, which takes as much room again for that moment, and
        whoever writes has to wait, so `busy_timeout` should be large enough. PostgreSQL uses the room again by
        itself, by its autovacuum: 0.
        """
        long_ago = datetime.now(UTC) - _LONG_ENDED
        await self._run('vacuum', 'write', lambda connection: journals.forget_ended_claims(connection, long_ago))
        if self.path is None:
            return 0
        return await self._translated('vacuum', run_sync(upkeep.rewrite, self.path, self._busy_timeout_seconds))

    async def aclose(self) -> None:
        await self._database.aclose()

    async def __aenter__(self) -> Self:
        await self._run('open', 'read', lambda connection: None)
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None, /
    ) -> None:
        await self.aclose()

    async def _first(self, query: Statement, values: Mapping[str, Any]) -> SnapshotRecord | None:
        row = await self._run('read', 'read', lambda connection: query.execute(connection, values).mappings().first())
        return None if row is None else replace(SnapshotRecord(**row), created_at=instant(row['created_at']))

    async def _run(self, purpose: Purpose, access: Access, work: Callable[[Connection], T]) -> T:
        return await self._translated(purpose, self._database.run(work, access))

    async def _translated(self, purpose: Purpose, doing: Awaitable[T]) -> T:
        try:
            return await doing
        except UnicodeEncodeError:
            raise  # of what it was asked
        except (ValueError, TypeError, OverflowError) as error:
            raise StoreError(f'{self!r} could not {purpose}: it holds what no store has written: {error}') from error
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            reason, to_do = (str(cause) or type(cause).__name__).rstrip(), remedy(error)
            message = f'{reason}{"." if reason[-1:] != "." else ""} {to_do}' if to_do else reason
            raise StoreError(f'{self!r} could not {purpose}: {message}') from error


_LONG_ENDED: Final = timedelta(hours=1)
"""Clocks of other machines may differ."""
_NAMES: Final = tuple(field.name for field in fields(SnapshotRecord))
_COLUMNS: Final = ', '.join(_NAMES)
_SAVE: Final = Statement(
    f'INSERT INTO grail_snapshots ({_COLUMNS}) VALUES ({", ".join(f":{name}" for name in _NAMES)}) ON CONFLICT DO NOTHING'
)


def _newest_where(condition: str) -> Statement:
    newest_first = 'ORDER BY created_at DESC, sequence DESC LIMIT 1'
    return Statement(f'SELECT {_COLUMNS} FROM grail_snapshots WHERE {condition} {newest_first}')


_IS_CELL: Final = 'owner = :owner AND cell_id = :cell_id AND code_digest = :code_digest'
_IN_CONVERSATION: Final = 'owner = :owner AND conversation_id = :conversation_id'
_BY_NAME: Final = _newest_where('name = :name AND owner = :owner')
_NEWEST: Final = _newest_where(_IN_CONVERSATION)
_NEWEST_UNTIL: Final = _newest_where(f'{_IN_CONVERSATION} AND created_at <= :not_after')
_BY_CELL: Final = _newest_where(f'{_IN_CONVERSATION} AND {_IS_CELL}')
_BY_CELL_ALONE: Final = _newest_where(
    f'{_IS_CELL} AND 1 = (SELECT count(DISTINCT conversation_id) FROM grail_snapshots WHERE {_IS_CELL})'
)
_NEWEST_FIRST: Final = (snapshots.c.created_at.desc(), snapshots.c.sequence.desc())


def _sparing_newest(statement: Delete, count: int, owner: str | AllOwners, conversation_id: str | None) -> Delete:
    """`statement` without the `count` newest records of each conversation."""
    age = func.row_number().over(partition_by=(snapshots.c.owner, snapshots.c.conversation_id), order_by=_NEWEST_FIRST)
    aged = select(snapshots.c.sequence, age.label('age'))
    if owner is not ALL_OWNERS:
        aged = aged.where(snapshots.c.owner == owner)
    if conversation_id is not None:
        aged = aged.where(snapshots.c.conversation_id == conversation_id)
    ages = aged.subquery()
    return statement.where(snapshots.c.sequence.in_(select(ages.c.sequence).where(ages.c.age > count)))


def _in_seconds(given: Any) -> float:
    seconds = given.total_seconds() if isinstance(given, timedelta) else given
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= _LONGEST_WAIT_SECONDS:
        raise SettingsError(
            f'SqlStore(busy_timeout=...) is a number of seconds from 0 to {_LONGEST_WAIT_SECONDS:,}, or a timedelta, got {given!r}.'
        )
    return seconds


_LONGEST_WAIT_SECONDS: Final = 86_400
"""SQLite counts milliseconds in 32 bits."""


def _chosen(url: str | URL) -> URL:
    """The URL with our driver, and a relative file made absolute, since the working directory may change."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        what = 'That' if '@' in str(url) else repr(url)  # there may be a password in it
        raise SettingsError(f'{what} is no database URL; one looks like sqlite:///agent.db.') from error
    driver = DRIVERS.get(parsed.drivername, parsed.drivername)
    if driver not in (SQLITE, POSTGRESQL):
        raise SettingsError(f'SqlStore works with SQLite and with PostgreSQL by asyncpg, not with {driver!r}.')
    if driver == SQLITE:
        if parsed.host:
            raise SettingsError(
                f'SqlStore({str(url)!r}) takes its file for a server: write sqlite:///, with three slashes.'
            )
        if not parsed.database or parsed.database.startswith((':memory:', 'file:')):
            raise SettingsError(
                f'SqlStore({str(url)!r}) names no file. Use MemoryStore() to keep state in memory only.'
            )
        return parsed.set(drivername=driver, database=str(Path(parsed.database).absolute()))
    return parsed.set(drivername=driver)
