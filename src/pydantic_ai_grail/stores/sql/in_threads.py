"""A SQLite file, reached in a few threads of its own.

SQLite is a library that blocks, so an async driver is a thread as well, with a hop for every statement. Here a whole
transaction is one hop, connections belong to no event loop, and cancelling whoever waits disturbs nothing: under
SQLAlchemy 2.1 and aiosqlite 0.22 a transaction that was cancelled half-way leaves a task that keeps `asyncio.run` from
ever ending (seen 2026-11-20).
"""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from anyio.to_thread import run_sync
from sqlalchemy import URL, Connection, Engine, create_engine, event

from ..tables import make_tables

T = TypeVar('T')

READING_THREADS: Final = 3


class InThreads:
    """Opened on first use, again after `aclose`, and anew in a forked process. Ends with its owner or the process."""

    def __init__(self, url: URL, *, busy_timeout_seconds: float) -> None:
        self._open = lambda: _Opened(url, busy_timeout_seconds)
        self._lock = threading.Lock()
        self._opened: _Opened | None = None
        self._inherited: list[_Opened] = []
        """Of the parent process, which still uses them: closing them here would disturb it."""

    async def run(self, work: Callable[[Connection], T], *, writes: bool) -> T:
        """Do `work` in a transaction. If the wait for it is cancelled, work that has begun is finished all the same."""
        with self._lock:
            opened = self._current()
            threads = opened.writing if writes else opened.reading
            future = threads.submit(opened.transact, work)
        return await asyncio.wrap_future(future)

    async def aclose(self) -> None:
        """Close connections and end threads, after what they are doing."""
        with self._lock:
            opened, self._opened = self._opened, None
        if opened is not None:
            await run_sync(opened.close)

    def _current(self) -> _Opened:
        if self._opened is not None and self._opened.process != os.getpid():
            self._inherited.append(self._opened)
            self._opened = None
        if self._opened is None:
            self._opened = self._open()
        return self._opened


class _Opened:
    def __init__(self, url: URL, busy_timeout_seconds: float) -> None:
        self.process = os.getpid()
        # SQLite has one writer at a time. Writers queue here, which is fair, and leave the others free to read.
        self.writing = ThreadPoolExecutor(1, 'grail store, writing')
        self.reading = ThreadPoolExecutor(READING_THREADS, 'grail store, reading')
        self._engine = create_engine(
            url, pool_size=1 + READING_THREADS, max_overflow=0, connect_args={'timeout': busy_timeout_seconds}
        )
        event.listen(self._engine, 'connect', _prepare)
        self._lock = threading.Lock()
        self._has_tables = False
        self._finalizer = weakref.finalize(self, _let_go, self.process, self._pools, self._engine)

    @property
    def _pools(self) -> tuple[ThreadPoolExecutor, ...]:
        return self.writing, self.reading

    def transact(self, work: Callable[[Connection], T]) -> T:
        if not self._has_tables:
            with self._lock:
                if not self._has_tables:
                    with self._engine.begin() as connection:
                        make_tables(connection)
                    self._has_tables = True
        with self._engine.begin() as connection:
            return work(connection)

    def close(self) -> None:
        """Wait for what the threads are doing, and leave nothing open."""
        for pool in self._pools:
            pool.shutdown()
        self._finalizer()


def _prepare(connection: Any, _: object) -> None:
    # WAL: readers and the writer do not wait for each other. NORMAL: a power cut may lose the last commits, never the
    # file; the death of a process loses nothing.
    connection.execute('PRAGMA journal_mode = WAL')
    connection.execute('PRAGMA synchronous = NORMAL')


def _let_go(process: int, pools: tuple[ThreadPoolExecutor, ...], engine: Engine) -> None:
    """Without waiting: this may run in one of these threads, if its work was the last that held the store."""
    if process == os.getpid():
        for pool in pools:
            pool.shutdown(wait=False)
        engine.dispose()
