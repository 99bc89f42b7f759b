"""One resource for each event loop, for libraries whose objects belong to the loop they were made in.

A store outlives event loops: `run_sync` twice, a test suite, a script of several `asyncio.run`. What a loop left
behind when it ended is abandoned, without an await, when the next loop comes or the owner is dropped.
"""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

T = TypeVar('T')


class _Entry(NamedTuple, Generic[T]):
    loop: weakref.ref[asyncio.AbstractEventLoop]
    process: int
    resource: T

    @property
    def is_over(self) -> bool:
        loop = self.loop()
        return loop is None or loop.is_closed()

    @property
    def is_running(self) -> bool:
        loop = self.loop()
        return loop is not None and loop.is_running()


class PerLoop(Generic[T]):
    """Makes a resource when a loop first asks for one.

    Args:
        make: Called in the running loop.
        abandon: Lets go of a resource whose loop has ended or will not run again. Must not raise or block.
    """

    def __init__(self, make: Callable[[], T], abandon: Callable[[T], None]) -> None:
        self._make = make
        self._abandon = abandon
        self._lock = threading.Lock()
        self._entries: dict[int, _Entry[T]] = {}

    def current(self) -> T:
        """The resource of the running loop; a new one if there is none, also in a forked process."""
        loop = asyncio.get_running_loop()
        with self._lock:
            entry = self._entries.get(id(loop))
            if entry is not None and entry.loop() is loop and entry.process == os.getpid():
                return entry.resource
            self._drop(lambda entry: entry.is_over)
            resource = self._make()
            self._entries[id(loop)] = _Entry(weakref.ref(loop), os.getpid(), resource)
            return resource

    def take(self) -> T | None:
        """Remove and return the resource of the running loop, for whoever closes it in order."""
        with self._lock:
            entry = self._entries.pop(id(asyncio.get_running_loop()), None)
            return None if entry is None else entry.resource

    def abandon_idle(self) -> None:
        """Let go of what belongs to loops that are not running now."""
        with self._lock:
            self._drop(lambda entry: not entry.is_running)

    def abandon_all(self) -> None:
        """Let go of everything, for the end of the owner or of the process."""
        with self._lock:
            self._drop(lambda entry: True)

    def _drop(self, is_chosen: Callable[[_Entry[T]], bool]) -> None:
        for key, entry in list(self._entries.items()):
            if is_chosen(entry):
                del self._entries[key]
                # A connection that came over a fork belongs to the parent process, which still uses it.
                if entry.process == os.getpid():
                    self._abandon(entry.resource)
