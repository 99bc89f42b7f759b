"""A database as a store sees it: give it work, get the result. Opened on first use, from whatever event loop.

Connections live in threads of the database's own and never in a caller's event loop. So one store serves loops one
after the other, a loop may end at any moment, and cancelling whoever waits cannot leave a connection half-way: under
SQLAlchemy 2.1 and aiosqlite 0.22, in the caller's loop, a cancelled transaction left a task that kept `asyncio.run`
from ever ending (seen 2026-11-20).
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Literal, Protocol, TypeAlias, TypeVar

from anyio.to_thread import run_sync
from sqlalchemy import Connection

T = TypeVar('T')

Access: TypeAlias = Literal['read', 'write', 'transact']
"""What work does with a connection: reads; writes with one statement, which is a transaction of its own; or needs one
around all that it does."""


class Opened(Protocol):
    """Connections, and threads to use them in. Lets go of them when it is dropped or the process ends."""

    def submit(self, work: Callable[[Connection], T], access: Access) -> Future[T]:
        """Do `work` in another thread."""
        ...

    def close(self) -> None:
        """Wait for what is under way, then leave nothing open. Blocks."""
        ...


class Database:
    """Opens its connections on first use, again after `aclose`, and anew in a forked process."""

    def __init__(self, open_: Callable[[], Opened]) -> None:
        self._open = open_
        self._lock = threading.Lock()
        self._opened: dict[int, Opened] = {}
        """By process. What came over a fork is kept and left alone: the parent still uses it."""

    async def run(self, work: Callable[[Connection], T], access: Access) -> T:
        """Do `work`. When the wait for it is cancelled it may be finished all the same."""
        with self._lock:
            if os.getpid() not in self._opened:
                self._opened[os.getpid()] = self._open()
            future = self._opened[os.getpid()].submit(work, access)
        return await asyncio.wrap_future(future)

    async def aclose(self) -> None:
        """Close what is open, after what is under way."""
        with self._lock:
            opened = self._opened.pop(os.getpid(), None)
        if opened is not None:
            await run_sync(opened.close)
