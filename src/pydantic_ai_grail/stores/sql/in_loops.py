"""A PostgreSQL server, reached by asyncpg, whose connections belong to the event loop they were made in."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, TypeVar

from anyio import CancelScope, Lock
from sqlalchemy import URL, Connection, event
from sqlalchemy.ext.asyncio import create_async_engine

from ..per_loop import PerLoop
from ..tables import make_tables

T = TypeVar('T')


class InLoops:
    """One connection pool for each event loop, opened on first use. Ends with its owner or the process."""

    def __init__(self, url: URL) -> None:
        if find_spec('asyncpg') is None:
            raise ImportError("SqlStore needs asyncpg for PostgreSQL: pip install 'pydantic-ai-grail[sql]'")
        self._loops = PerLoop(lambda: _Opened(url), _Opened.abandon)
        weakref.finalize(self, self._loops.abandon_all)

    async def run(self, work: Callable[[Connection], T], *, writes: bool) -> T:
        """Do `work` in a transaction, which is rolled back if the wait for it is cancelled."""
        return await self._loops.current().transact(work)

    async def aclose(self) -> None:
        """Close the connections of this loop, and those that loops which are not running left behind."""
        opened = self._loops.take()
        if opened is not None:
            with CancelScope(shield=True):
                await opened.engine.dispose()
        self._loops.abandon_idle()


class _Opened:
    def __init__(self, url: URL) -> None:
        self.engine = create_async_engine(url, pool_pre_ping=True)
        self._drivers: weakref.WeakSet[Any] = weakref.WeakSet()
        self._lock = Lock()
        self._has_tables = False
        event.listen(self.engine.sync_engine, 'connect', self._note)

    def _note(self, connection: Any, _: object) -> None:
        self._drivers.add(connection.driver_connection)

    async def transact(self, work: Callable[[Connection], T]) -> T:
        async with self._lock:
            if not self._has_tables:
                async with self.engine.begin() as connection:
                    await connection.run_sync(make_tables)
                self._has_tables = True
        async with self.engine.begin() as connection:
            return await connection.run_sync(work)

    def abandon(self) -> None:
        """Drop the sockets, as nothing can be awaited in a loop that has ended."""
        for driver in self._drivers:
            driver.terminate()
        self.engine.sync_engine.dispose(close=False)
