"""The floor's checker: the type checker that Monty has, in a few warm sessions that see code and never run it."""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Final

from pydantic_monty import ExternalModule, Monty, MontySession, MontyTypingError

SESSIONS: Final = 2
NEVER_PASSES: Final = 'never_passes'
"""A name that is bound nowhere, so that Monty checks what stands below it and does not run it."""


class FloorChecker:
    """Sessions of Monty's synchronous kind, which is the quickest, each on a thread of its own. Opened at first use."""

    def __init__(self) -> None:
        self._stubs: dict[str, ExternalModule] = {}
        self._opening = threading.Lock()
        self._stack = ExitStack()
        self._threads: ThreadPoolExecutor | None = None

    def add(self, stubs: str) -> str:
        """The name of a package that has these stubs."""
        name = f'floor_tools_{len(self._stubs)}'
        self._stubs[name] = ExternalModule({}, stubs=stubs)
        return name

    async def check(self, source: str, package: str) -> list[str]:
        """What is wrong with a source that may import from the package."""
        if self._threads is None:
            self._pool = self._stack.enter_context(Monty(min_processes=0, max_processes=SESSIONS))
            self._threads = self._stack.enter_context(ThreadPoolExecutor(SESSIONS, 'floor checker'))
            self._mine = threading.local()
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._check, source, package)

    def _check(self, source: str, package: str) -> list[str]:
        mine = self._mine
        if not hasattr(mine, 'session'):
            mine.session, mine.packages = self._open(), set[str]()
        if package not in mine.packages:
            feed(mine.session, f'import {package}')  # only an import at the top of a feed makes the checker read it
            mine.packages.add(package)
        return feed(mine.session, source)

    def _open(self) -> MontySession:
        session = self._pool.checkout(type_check=True, type_check_format='json', external_modules=self._stubs)
        with self._opening:
            return self._stack.enter_context(session)

    def close(self) -> None:
        """End the sessions. They open again at the next use."""
        self._threads = None
        self._stack.close()


def feed(session: MontySession, source: str) -> list[str]:
    try:
        session.feed_run(f'{NEVER_PASSES}\n{source}')
    except MontyTypingError as error:
        return [found['message'] for found in json.loads(error.display()) if found['location']['row'] > 1]
    raise AssertionError('The checker let something pass that cannot be right.')
