"""A PostgreSQL server, reached by asyncpg in a thread with an event loop of its own."""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from importlib.util import find_spec
from typing import Final, TypeVar

from sqlalchemy import URL, Connection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from ..tables import make_tables

T = TypeVar('T')

CLOSE_SECONDS: Final = 5.0
"""How long saying goodbye to a server may take that does not answer."""


class InLoop:
    """A connection pool. Work whose caller is cancelled is rolled back."""

    def __init__(self, url: URL) -> None:
        self._engine = create_async_engine(url, pool_pre_ping=True)
        self._loop = asyncio.new_event_loop()
        self._has_tables = False
        self._making_tables = asyncio.Lock()
        # A daemon, as it waits for work without end; when the process ends, `_let_go` ends it first.
        thread = threading.Thread(target=_serve, args=(self._loop,), name='grail store, postgresql', daemon=True)
        thread.start()
        self._let_go = weakref.finalize(self, _let_go, os.getpid(), self._loop, thread, self._engine)

    def submit(self, work: Callable[[Connection], T], *, writes: bool) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(self._transact(work), self._loop)

    def close(self) -> None:
        self._let_go()

    async def _transact(self, work: Callable[[Connection], T]) -> T:
        async with self._making_tables:
            if not self._has_tables:
                async with self._engine.begin() as connection:
                    await connection.run_sync(make_tables)
                self._has_tables = True
        async with self._engine.begin() as connection:
            return await connection.run_sync(work)


def check_driver() -> None:
    """Raise an `ImportError` that names the extra, when asyncpg is not installed."""
    if find_spec('asyncpg') is None:
        raise ImportError("SqlStore needs asyncpg for PostgreSQL: pip install 'pydantic-ai-grail[sql]'")


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    loop.close()


def _let_go(process: int, loop: asyncio.AbstractEventLoop, thread: threading.Thread, engine: AsyncEngine) -> None:
    if process == os.getpid():
        asyncio.run_coroutine_threadsafe(_end(engine), loop)
        # Work that was the last to hold the store drops it in this very thread.
        if thread is not threading.current_thread():
            thread.join(CLOSE_SECONDS)


async def _end(engine: AsyncEngine) -> None:
    """Finish what is under way, close the connections, stop the loop."""
    under_way = asyncio.all_tasks() - {asyncio.current_task()}
    if under_way:
        await asyncio.wait(under_way, timeout=CLOSE_SECONDS)
    await engine.dispose()
    asyncio.get_running_loop().stop()
