"""A SQLite file, reached in a few threads: SQLite is a library that blocks, and one hop carries a whole transaction."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event

from ..tables import has_tables, make_tables, refuse_programs
from .database import Access

T = TypeVar('T')

READING_THREADS: Final = 3


class InThreads:
    """One thread that writes and some that read, each with a connection once it was needed.

    SQLite has one writer at a time. Writers queue here, which is fair, and leave the others free to read.
    """

    survives_fork = False

    def __init__(self, url: URL, *, busy_timeout_seconds: float) -> None:
        self._writing = ThreadPoolExecutor(1, 'grail store, writing')
        self._reading = ThreadPoolExecutor(READING_THREADS, 'grail store, reading')
        self._engine = create_engine(
            url,
            pool_size=1 + READING_THREADS,
            max_overflow=0,
            connect_args={'timeout': busy_timeout_seconds, 'isolation_level': None},
        )
        event.listen(self._engine, 'connect', _prepare)
        event.listen(self._engine, 'begin', _begin)
        self._transacting = self._engine.execution_options(**{_TRANSACTS: True})
        self._lock = threading.Lock()
        self._closing = threading.Lock()
        self._has_tables = False
        self._let_go = weakref.finalize(self, _let_go, os.getpid(), (self._writing, self._reading), self._engine)

    def submit(self, work: Callable[[Connection], T], access: Access) -> Future[T]:
        threads = self._reading if access == 'read' else self._writing
        return threads.submit(self._transact if access == 'transact' else self._do, work)

    def close(self) -> None:
        with self._closing:
            self._writing.shutdown()
            self._reading.shutdown()
            self._let_go()

    def _do(self, work: Callable[[Connection], T]) -> T:
        self._make_tables()
        with self._engine.connect() as connection:  # nothing to commit, or SQLite has done so
            return work(connection)

    def _transact(self, work: Callable[[Connection], T]) -> T:
        self._make_tables()
        with self._transacting.begin() as connection:
            return work(connection)

    def _make_tables(self) -> None:
        if self._has_tables:
            return
        with self._lock:
            if self._has_tables:
                return
            with self._engine.connect() as connection:
                refuse_programs(connection)
                self._has_tables = has_tables(connection)
            if not self._has_tables:
                with self._transacting.begin() as connection:
                    make_tables(connection)
                self._has_tables = True


_TRANSACTS: Final = 'grail_transacts'


def _begin(connection: Connection) -> None:
    """SQLAlchemy begins a transaction for every connection that is used; SQLite only where one is wanted. Immediately,
    so that it waits for other writers at its beginning: later it would fail at once."""
    if connection.get_execution_options().get(_TRANSACTS):
        connection.exec_driver_sql('BEGIN IMMEDIATE')


def _prepare(connection: Any, _: object) -> None:
    try:
        # WAL: readers and the writer do not wait for each other. NORMAL: a power cut may lose the last commits, never
        # the file; the death of a process loses nothing.
        connection.execute('PRAGMA journal_mode = WAL')
        connection.execute('PRAGMA synchronous = NORMAL')
        connection.execute('PRAGMA trusted_schema = OFF')
    except BaseException:
        connection.close()  # SQLAlchemy does not, for one that it never had
        raise


def _let_go(process: int, pools: tuple[ThreadPoolExecutor, ...], engine: Engine) -> None:
    """Without waiting: this may run in one of these threads, if its work was the last that held the store."""
    if process == os.getpid():
        for pool in pools:
            pool.shutdown(wait=False)
        engine.dispose()
