"""Warm type-checked sessions that see code and never run it. Lifetime: until `close`, at the latest the process's exit.

Monty checks a feed before it runs it, and neither runs nor remembers one that does not pass. So every source is fed
below a line that cannot pass. Sessions are of Monty's synchronous kind, each on a
thread of its own. That is quicker than the asynchronous one (0.15 ms against 0.19 ms for a small check, Monty 1.4),
serves any event loop and any thread, and does not abort the interpreter at its exit, as asynchronous checked sessions
did in 6 of 30 runs.
"""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from pydantic import TypeAdapter
from pydantic_monty import (
    ExternalModule,
    Monty,
    MontyCrashedError,
    MontyError,
    MontySession,
    MontyTypingError,
)

from ..errors import SandboxCrashed, SandboxUnavailable

REQUEST_SECONDS: Final = 5.0
"""A worker that checks for longer is taken for hung and ended. The dearest check measured took 40 ms."""
MAX_PACKAGES: Final = 24
"""How many packages of stubs one session reads before it makes room for a fresh one."""

_NEVER_PASSES: Final = 'grail_never_passes'
"""A name that is bound nowhere. It stands in the first row, which no code can make unreachable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawDiagnostic:
    """What the checker said, in its own words. Rows and columns count from 1, columns in characters."""

    code: str
    message: str
    severity: str
    row: int
    column: int
    end_row: int
    end_column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StubPackage:
    """Stubs that a checked source may import from: a module, and its submodules by name."""

    source: str
    modules: Mapping[str, str] = field(default_factory=dict[str, str])


class CheckerPool:
    """A few warm sessions, opened when they are first needed. Safe to use from several threads and event loops.

    `prelude` is stub source whose names every checked source knows without importing them.
    """

    def __init__(self, *, prelude: str, size: int = 2, request_seconds: float = REQUEST_SECONDS) -> None:
        self._prelude = prelude
        self._size = size
        self._request_seconds = request_seconds
        self._opening = threading.Lock()
        self._workshop: _Workshop | None = None

    async def diagnostics(
        self, source: str, packages: Mapping[str, Callable[[], StubPackage]]
    ) -> tuple[RawDiagnostic, ...]:
        """What the checker says of `source`, which is never run.

        `packages` are those that the source imports from, each made when a session sees its name for the first time;
        a name must always stand for the same stubs. A session that died is replaced and asked once more, one that hung
        is only replaced.

        Raises:
            SandboxCrashed: When the second session died as well, or the first one took too long.
            SandboxUnavailable: When no session could be opened, as in a process forked from one that had sessions.
        """
        workshop = self._open()
        try:
            check = workshop.threads.submit(workshop.check, source, packages)
        except RuntimeError as error:
            raise SandboxUnavailable('The checkers, or the whole process, are being closed.') from error
        return await asyncio.wrap_future(check)

    def close(self) -> None:
        """End the sessions, after the checks under way. They open again at the next use."""
        with self._opening:
            workshop, self._workshop = self._workshop, None
        if workshop is not None:
            workshop.close()

    async def aclose(self) -> None:
        """`close`, off the event loop."""
        await asyncio.to_thread(self.close)

    def _open(self) -> _Workshop:
        workshop = self._workshop
        if workshop is not None:
            if workshop.pid != os.getpid():
                # Monty's threads stayed in the other process: a pool opened here would wait for ever (Monty 1.4).
                raise SandboxUnavailable(
                    'This process was forked from one that had checkers. Fork first, run agents then.'
                )
            return workshop
        with self._opening:
            if self._workshop is None:
                self._workshop = _Workshop(self._prelude, self._size, self._request_seconds)
            return self._workshop


class _Workshop:
    """The threads and sessions of a pool that is open."""

    def __init__(self, prelude: str, size: int, request_seconds: float) -> None:
        self.pid = os.getpid()
        self.threads = ThreadPoolExecutor(size, thread_name_prefix='pydantic-ai-grail checker')
        self._prelude = prelude
        self._pool = Monty(min_processes=0, max_processes=size, request_timeout=request_seconds)
        self._pool.__enter__()
        self._mine = threading.local()
        self._benches: list[_Bench] = []
        self._finalizer = weakref.finalize(self, _close, self.pid, self.threads, self._benches, self._pool)

    def check(self, source: str, packages: Mapping[str, Callable[[], StubPackage]]) -> tuple[RawDiagnostic, ...]:
        try:
            return self._bench().check(source, packages)
        except MontyCrashedError as error:
            self._bench().close()
            if error.timed_out:
                # Code that takes this long once will do so again: 90 brackets inside each other take 4 s (Monty 1.4).
                raise SandboxCrashed('The checker took too long over a cell.') from error
        try:
            return self._bench().check(source, packages)
        except MontyCrashedError as error:
            self._bench().close()
            raise SandboxCrashed(f'The checker ended twice over one cell: {error}') from error

    def _bench(self) -> _Bench:
        """This thread's session."""
        bench: _Bench | None = getattr(self._mine, 'bench', None)
        if bench is None:
            self._mine.bench = bench = _Bench(self._pool, self._prelude)
            self._benches.append(bench)
        return bench

    def close(self) -> None:
        self.threads.shutdown(wait=True)
        self._finalizer()


def _close(pid: int, threads: ThreadPoolExecutor, benches: list[_Bench], pool: Monty) -> None:
    # Also called when a pool is collected, on any thread, and at the process's exit: it waits for no thread.
    if pid != os.getpid():
        return  # the workers belong to the process this one was forked from
    threads.shutdown(wait=False)
    for bench in benches:
        bench.close()
    pool.__exit__(None, None, None)


class _Bench:
    """One session and what it has read so far. Used by one thread at a time."""

    def __init__(self, pool: Monty, prelude: str) -> None:
        self._pool = pool
        self._prelude = prelude
        self._session: MontySession | None = None
        self._modules: dict[str, ExternalModule] = {}
        self._read: set[str] = set()

    def check(self, source: str, packages: Mapping[str, Callable[[], StubPackage]]) -> tuple[RawDiagnostic, ...]:
        unread = [name for name in packages if name not in self._read]
        if unread and len(self._read) + len(unread) > MAX_PACKAGES:
            self.close()
            unread = list(packages)
        session = self._session or self._open()
        if unread:
            self._modules.update({name: _module(packages[name]()) for name in unread})
            # only an import at the top of a feed makes the checker read a package
            self._feed(session, f'import {", ".join(unread)}')
            self._modules.clear()
            self._read.update(unread)
        return self._feed(session, source)

    def _open(self) -> MontySession:
        session = self._pool.checkout(
            type_check=True,
            type_check_stubs=self._prelude,
            type_check_format='json',
            external_modules=self._modules,
        )
        try:
            self._session = session.__enter__()
        except (MontyError, RuntimeError, OSError) as error:
            raise SandboxUnavailable(f'No checker could be started: {error}') from error
        return self._session

    def _feed(self, session: MontySession, source: str) -> tuple[RawDiagnostic, ...]:
        try:
            session.feed_run(f'{_NEVER_PASSES}\n{source}')
        except MontyTypingError as error:
            return _read_json(error.display())
        except MontyCrashedError:
            raise
        except MontyError as error:
            raise SandboxUnavailable(f'Monty cannot read the code to be checked: {error}') from error
        raise SandboxUnavailable(
            'The checker let something pass that cannot be right.'
        )  # pragma: no cover - ty would be broken

    def close(self) -> None:
        session, self._session = self._session, None
        self._read.clear()
        if session is not None:
            session.__exit__(None, None, None)


def _module(package: StubPackage) -> ExternalModule:
    submodules = {name: ExternalModule({}, stubs=source) for name, source in package.modules.items()}
    return ExternalModule(submodules, stubs=package.source)


@dataclass(frozen=True, slots=True)
class _Location:
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class _Reported:
    """The fields we read of one entry of the checker's JSON."""

    code: str
    message: str
    severity: str
    location: _Location
    end_location: _Location


_REPORT: Final = TypeAdapter(list[_Reported])


def _read_json(text: str) -> tuple[RawDiagnostic, ...]:
    return tuple(
        RawDiagnostic(
            code=item.code,
            message=item.message,
            severity=item.severity,
            row=item.location.row - 1,
            column=item.location.column,
            end_row=item.end_location.row - 1,
            end_column=item.end_location.column,
        )
        for item in _REPORT.validate_json(text)
        if item.location.row > 1
    )
