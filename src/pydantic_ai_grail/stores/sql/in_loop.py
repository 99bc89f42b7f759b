"""A PostgreSQL server, reached by asyncpg in a thread with an event loop of its own."""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from importlib.util import find_spec
from time import monotonic
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from ..tables import has_tables, make_tables
from .database import Access

T = TypeVar('T')

CLOSE_SECONDS: Final = 5.0
"""How long saying goodbye to a server may take that does not answer."""
ANSWER_SECONDS: Final = 60.0
"""After how long a statement without an answer is given up, so that its connection is free. Whoever waited for it gave up
before, after `CodeMode(store_timeout=...)`."""
CONNECT_SECONDS: Final = 10.0
"""After how long a server that does not answer is given up: as long as cells wait for a store."""
IDLE_SECONDS: Final = 1.0
"""A connection that nobody used for so long is asked whether it is still there before it is used."""


class InLoop:
    """A connection pool. Work whose caller is cancelled is rolled back."""

    survives_fork = True

    def __init__(self, url: URL) -> None:
        self._engine = make_engine(url)
        _ask_the_idle(self._engine.sync_engine)
        self._each_statement = self._engine.execution_options(isolation_level='AUTOCOMMIT')
        self._loop = asyncio.new_event_loop()
        self._has_tables = False
        self._making_tables = asyncio.Lock()
        # A daemon, as it waits for work without end; when the process ends, `_let_go` ends it first.
        self._thread = threading.Thread(target=_serve, args=(self._loop,), name='grail store, postgresql', daemon=True)
        self._thread.start()
        self._let_go = weakref.finalize(self, _let_go, os.getpid(), self._loop, self._thread, self._engine)

    def submit(self, work: Callable[[Connection], T], access: Access) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(self._do(work, access), self._loop)

    def close(self) -> None:
        self._let_go()
        self._thread.join(2 * CLOSE_SECONDS)

    async def _do(self, work: Callable[[Connection], T], access: Access) -> T:
        async with self._making_tables:
            if not self._has_tables:
                await self._make_tables()
                self._has_tables = True
        if access == 'transact':
            async with self._engine.begin() as connection:
                return await connection.run_sync(work)
        async with self._each_statement.connect() as connection:  # spares the server two of three questions
            return await connection.run_sync(work)

    async def _make_tables(self) -> None:
        async with self._each_statement.connect() as connection:
            if await connection.run_sync(has_tables):
                return
        async with self._engine.begin() as connection:
            await connection.run_sync(make_tables)


def make_engine(url: URL, **options: Any) -> AsyncEngine:
    """An engine for a URL as other programs take it too: asyncpg knows `sslmode` and its like, and the server's settings,
    only as parts of a URL, while SQLAlchemy gives it arguments."""
    options = {'connect_args': {'command_timeout': ANSWER_SECONDS, 'timeout': CONNECT_SECONDS}, **options}
    others = {name: value for name, value in url.query.items() if name not in _ARGUMENTS}
    if others:
        dsn = URL.create('postgresql', query=others).render_as_string()
        options['connect_args'] = {**options['connect_args'], 'dsn': dsn}
    return create_async_engine(url.difference_update_query(others), **options)


_ARGUMENTS: Final = frozenset(('host', 'port', 'ssl', 'prepared_statement_cache_size'))


def check_driver() -> None:
    """Raise an `ImportError` that names the extra, when asyncpg is not installed."""
    if find_spec('asyncpg') is None:
        raise ImportError("SqlStore needs asyncpg for PostgreSQL: pip install 'pydantic-ai-grail[sql]'")


def _ask_the_idle(engine: Engine) -> None:
    """As SQLAlchemy's `pool_pre_ping`, which asks each time: as long as the statement itself takes."""
    failures = (engine.dialect.loaded_dbapi.Error, OSError)

    def note(_: Any, record: ConnectionPoolEntry) -> None:
        record.info['used_at'] = monotonic()

    def ask(connection: Any, record: ConnectionPoolEntry, _: Any) -> None:
        used_at = record.info.get('used_at')
        if used_at is None:
            return  # a new one
        is_closed = connection.driver_connection.is_closed()
        try:
            if not is_closed and monotonic() - used_at > IDLE_SECONDS:
                engine.dialect.do_ping(connection)
        except failures:
            is_closed = True
        if is_closed:
            raise InvalidatePoolError  # the pool connects again, this time and the next for each other one

    event.listen(engine, 'checkin', note)
    event.listen(engine, 'checkout', ask)


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    loop.close()


def _let_go(process: int, loop: asyncio.AbstractEventLoop, thread: threading.Thread, engine: AsyncEngine) -> None:
    if process == os.getpid():
        asyncio.run_coroutine_threadsafe(_end(engine), loop)
        if not _in_a_loop():  # at the end of the process; a store that was merely dropped keeps nobody waiting
            thread.join(CLOSE_SECONDS)


def _in_a_loop() -> bool:
    """Whether this thread runs an event loop: somebody's, or the store's own, whose work was the last to hold it."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def _end(engine: AsyncEngine) -> None:
    """Finish what is under way, close the connections, stop the loop."""
    under_way = asyncio.all_tasks() - {asyncio.current_task()}
    if under_way:
        _, late = await asyncio.wait(under_way, timeout=CLOSE_SECONDS)
        for task in late:  # whoever waits for it is told
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=CLOSE_SECONDS)
    with suppress(Exception):  # the server is not there to say goodbye to
        await asyncio.wait_for(engine.dispose(), CLOSE_SECONDS)
    asyncio.get_running_loop().stop()
