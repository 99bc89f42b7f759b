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
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, Literal, Protocol, TypeAlias, TypeVar

from anyio.to_thread import run_sync
from sqlalchemy import Connection

T = TypeVar('T')

Access: TypeAlias = Literal['read', 'write', 'transact']
"""What work does with a connection: reads; writes with one statement, which is a transaction of its own; or needs one
around all that it does."""


class Opened(Protocol):
    """Connections, and threads to use them in. Lets go of them when it is dropped or the process ends."""

    survives_fork: bool
    """Whether a process may fork while it is open. The child never uses it."""

    def submit(self, work: Callable[[Connection], T], access: Access) -> Future[T]:
        """Do `work` in another thread."""
        ...

    def close(self) -> None:
        """Wait for what is under way, then leave nothing open. Blocks; may be called twice, and waits for the first."""
        ...


class Database:
    """Opens its connections on first use, again after `aclose`, and in a forked process.

    Before a fork what does not survive it is closed: SQLite, for one, remembers in the memory of a process which locks it
    holds, and the locks are not the child's.
    """

    def __init__(self, open_: Callable[[], Opened]) -> None:
        self._open = open_
        self._lock = threading.Lock()
        self._opened: dict[int, Opened] = {}
        """By process. What came over a fork is kept and left alone: the parent still uses it."""
        self._closing: list[Opened] = []
        with _FORKING:
            _DATABASES.add(self)

    async def run(self, work: Callable[[Connection], T], access: Access) -> T:
        """Do `work`. When the wait for it is cancelled it may be finished all the same."""
        with self._lock:
            if os.getpid() not in self._opened:
                self._opened[os.getpid()] = self._open()
            future = self._opened[os.getpid()].submit(work, access)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            if future.cancelled() and not _is_cancelled():
                raise ConnectionError('it was closed meanwhile') from None
            raise

    async def aclose(self) -> None:
        """Close what is open, after what is under way."""
        with self._lock:
            opened = self._opened.pop(os.getpid(), None)
            if opened is None:
                return
            self._closing.append(opened)
        try:
            await run_sync(opened.close)
        finally:
            with self._lock:
                self._closing.remove(opened)

    def before_fork(self) -> None:
        """Let nobody begin anything, and close what does not survive a fork."""
        self._lock.acquire()
        opened = self._opened.get(os.getpid())
        if opened is not None and not opened.survives_fork:
            del self._opened[os.getpid()]
            opened.close()
        for closing in self._closing:
            if not closing.survives_fork:
                closing.close()  # waits until it is

    def after_fork(self) -> None:
        """Continue; in the child too, where the lock is as it was."""
        self._lock.release()


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


_DATABASES: Final[weakref.WeakSet[Database]] = weakref.WeakSet()
_FORKING: Final = threading.RLock()
_held: list[Database] = []


def _before_fork() -> None:
    _FORKING.acquire()
    for database in [*_DATABASES]:
        database.before_fork()
        _held.append(database)


def _after_fork() -> None:
    while _held:
        _held.pop().after_fork()
    _FORKING.release()


if hasattr(os, 'register_at_fork'):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
