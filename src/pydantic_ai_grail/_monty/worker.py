"""One lent worker: feed it code, answer what it asks, dump and load its state. Lifetime: one cell, usually.

Speaks in `Stop`s: what the program needs before it can go on, or how it ended. Nothing of Monty's goes further than
this file, neither its snapshots nor its exceptions.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, cast

from pydantic_monty import (
    AbstractOS,
    AsyncFunctionSnapshot,
    AsyncFutureSnapshot,
    AsyncMontySession,
    AsyncNameLookupSnapshot,
    AsyncSnapshot,
    ExcType,
    ExternalModule,
    ExternalResult,
    ExternalSettledResult,
    MontyComplete,
    MontyError,
    MountDir,
    OsHandler,
    OSPolicy,
)

from ..errors import SandboxCrashed, SnapshotVersion
from ..limits import Limits
from ..outcomes import Failure
from .failures import failure_of
from .machine import Event, Machine, State
from .pool import WORKERS, WorkerPool
from .stops import (
    BlockedStop,
    CallStop,
    DoneStop,
    FailedStop,
    HostStop,
    NameStop,
    Returned,
    Settled,
    SleepStop,
    Stop,
)
from .values import from_sandbox

OsAccess: TypeAlias = AbstractOS | OsHandler
PrintSink: TypeAlias = Callable[[Literal['stdout', 'stderr'], str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAccess:
    """What of the host's operating system code may reach, as Monty has it."""

    os: OsAccess | None = None
    mounts: Sequence[MountDir] = ()

    @property
    def policy(self) -> OSPolicy:
        # Sleeps always come to the driver, which counts them and lets other tasks run. The clock is the worker's own,
        # unless a handler is there to answer for it.
        if self.os is None:
            return {'sleep': 'call_host'}
        return {'sleep': 'call_host', 'datetime': 'call_host', 'random_start': 'system'}


_NO_HOST_FORM: Final = (RecursionError, ValueError, OverflowError)
"""Raised for values nested thousands of levels deep, and whatever else CPython cannot hold."""
_SLEEPS: Final = ('time.sleep', 'asyncio.sleep')


class Worker:
    """A session on a lent worker, fresh or restored. One owner at a time."""

    def __init__(self, session: AsyncMontySession, *, feeds: int = 0) -> None:
        self._session = session
        self._machine = Machine()
        self._snapshot: AsyncSnapshot | None = None
        self._source = b''
        self.feeds = feeds
        """How many feeds this session has seen, also before it was restored; Monty numbers its files by it."""

    @property
    def pid(self) -> int | None:
        """The worker's process, while it is there."""
        return self._session.worker_pid

    async def load(self, dump: bytes, *, feeds: int) -> None:
        """Take the state that `dump` gave. Only on a fresh session.

        Raises:
            SnapshotVersion: When this Monty cannot read it.
            SandboxCrashed: When the worker died over it.
        """
        try:
            await self._session.load_session(dump)
        except MontyError as error:
            raise _load_error(error) from error
        except (RuntimeError, ValueError) as error:
            raise SnapshotVersion(f'This version of Monty cannot read the state: {error}') from error
        self.feeds = feeds

    async def dump(self) -> bytes:
        """The session's state, between feeds or where a program stands.

        Raises:
            SandboxCrashed: When the worker died.
        """
        try:
            return await self._session.dump()
        except MontyError as error:
            raise SandboxCrashed(f'The sandbox worker died while its state was read: {error}') from error

    async def park(self) -> bytes:
        """The program where it stands, at a call or blocked. It does not go on here.

        Raises:
            SandboxCrashed: When the worker died.
        """
        self._machine.move(Event.PARK)
        return await self.dump()

    async def revive(self, dump: bytes, source: str, *, feeds: int, prints: PrintSink, host: HostAccess) -> Stop:
        """Take up the program that `park` gave, on a fresh session, and give the stop it stands at again.

        Raises:
            SnapshotVersion: When this Monty cannot read it.
            SandboxCrashed: When the worker died over it.
        """
        self._machine = Machine(State.PARKED)
        self._machine.move(Event.REVIVE)
        self._source, self.feeds = source.encode(errors='surrogatepass'), feeds
        self._file = f'<python-input-{feeds - 1}>'
        try:
            snapshot = await self._session.load_snapshot(
                dump, print_callback=prints, os=host.os, mount=list(host.mounts) or None
            )
        except MontyError as error:
            raise _load_error(error) from error
        except (RuntimeError, ValueError) as error:
            raise SnapshotVersion(f'This version of Monty cannot read the state: {error}') from error
        return self._stop(snapshot)

    async def feed(self, source: str, *, prints: PrintSink, host: HostAccess) -> Stop:
        """Start a program and run it to its first stop."""
        self._machine.move(Event.FEED)
        self._source = source.encode(errors='surrogatepass')
        self._file = f'<python-input-{self.feeds}>'
        self.feeds += 1
        try:
            snapshot = await self._session.feed_start(
                source, print_callback=prints, os=host.os, mount=list(host.mounts) or None
            )
        except MontyError as error:
            return self._failed(error)
        return self._stop(snapshot)

    async def answer(self, result: Settled) -> Stop:
        """Settle the call the program stands at, at once."""
        return await self._resume_call(_settled(result))

    async def answer_later(self) -> Stop:
        """Let the program go on with a promise; `settle` it when it is `BlockedStop`."""
        return await self._resume_call({'future': ...})

    async def settle(self, results: Mapping[int, Settled]) -> Stop:
        """Keep some of the promises a blocked program waits for."""
        snapshot = self._snapshot
        assert isinstance(snapshot, AsyncFutureSnapshot)
        self._machine.move(Event.SETTLE)
        try:
            return self._stop(await snapshot.resume({number: _settled(result) for number, result in results.items()}))
        except MontyError as error:
            return self._failed(error)

    async def answer_name(self, *, is_function: bool) -> Stop:
        """Bind the name to a function of ours, or let it be a `NameError`."""
        snapshot = self._snapshot
        assert isinstance(snapshot, AsyncNameLookupSnapshot)
        self._machine.move(Event.ANSWER)
        try:
            if is_function:
                return self._stop(await snapshot.resume(value=_function_named(snapshot.variable_name)))
            return self._stop(await snapshot.resume())
        except MontyError as error:
            return self._failed(error)

    async def answer_host(self) -> Stop:
        """Let mounts, the `os` handler and the lent modules answer, in this order."""
        snapshot = self._snapshot
        assert isinstance(snapshot, AsyncFunctionSnapshot)
        self._machine.move(Event.ANSWER)
        try:
            return self._stop(await snapshot.resume_auto())
        except MontyError as error:
            return self._failed(error)

    async def _resume_call(self, result: ExternalResult) -> Stop:
        snapshot = self._snapshot
        assert isinstance(snapshot, AsyncFunctionSnapshot)
        self._machine.move(Event.ANSWER)
        try:
            return self._stop(await snapshot.resume(result))
        except MontyError as error:
            return self._failed(error)

    def _stop(self, snapshot: AsyncSnapshot) -> Stop:
        self._snapshot = snapshot
        if isinstance(snapshot, AsyncFunctionSnapshot):
            return self._call_stop(snapshot)
        if isinstance(snapshot, AsyncFutureSnapshot):
            self._machine.move(Event.WAITED)
            return BlockedStop(pending=tuple(snapshot.pending_call_ids))
        if isinstance(snapshot, AsyncNameLookupSnapshot):
            self._machine.move(Event.NAMED)
            return NameStop(name=snapshot.variable_name)
        return self._done(snapshot)

    def _call_stop(self, snapshot: AsyncFunctionSnapshot) -> Stop:
        name = str(snapshot.function_name)
        if not snapshot.is_os_function:
            self._machine.move(Event.CALLED)
            number, line = snapshot.call_id, self._line(snapshot)
            try:
                args = tuple(from_sandbox(value) for value in snapshot.args)
                kwargs = {key: from_sandbox(value) for key, value in snapshot.kwargs.items()}
            except _NO_HOST_FORM as error:
                return CallStop(number=number, name=name, args=(), kwargs={}, line=line, unreadable=str(error))
            return CallStop(number=number, name=name, args=args, kwargs=kwargs, line=line)
        if name in _SLEEPS:
            self._machine.move(Event.CALLED)
            seconds = float(snapshot.args[0]) if snapshot.args else 0.0
            return SleepStop(number=snapshot.call_id, seconds=max(seconds, 0.0), blocks=name == 'time.sleep')
        self._machine.move(Event.ASKED)
        return HostStop(function=name)

    def _done(self, complete: MontyComplete) -> Stop:
        self._machine.move(Event.FINISHED)
        try:
            return DoneStop(value=from_sandbox(complete.output))
        except _NO_HOST_FORM as error:
            # The program is through and its state is sound; only this value has no form on the host.
            failure = Failure(
                kind='exception',
                exception_type=type(error).__name__,
                message=f'The cell ran to its end, but its value cannot leave the sandbox: {error}',
            )
            return FailedStop(failure=failure, is_lost=False)

    def _failed(self, error: MontyError) -> FailedStop:
        failure, ending = failure_of(error, current_file=self._file)
        self._machine.move(Event.CRASHED if ending == 'lost' else Event.RAISED)
        return FailedStop(failure=failure, is_lost=ending == 'lost')

    def _line(self, snapshot: AsyncFunctionSnapshot) -> int | None:
        place = snapshot.position
        return self._source.count(b'\n', 0, place.start) + 1 if place.filename == self._file else None


@asynccontextmanager
async def lend_worker(
    limits: Limits,
    *,
    host: HostAccess,
    functions: Mapping[str, Sequence[str]],
    pool: WorkerPool = WORKERS,
) -> AsyncGenerator[Worker]:
    """A worker with a fresh session, for the length of the block.

    Args:
        limits: What one feed may spend.
        host: What of the operating system code may reach.
        functions: Modules of ours that code may import, with the names of the functions in each.
        pool: Where the worker comes from.

    Raises:
        SandboxUnavailable: When no worker became free in time.
    """
    modules = {name: _module(names) for name, names in functions.items()}
    async with pool.lend(limits, policy=host.policy, modules=modules) as session:
        yield Worker(session)


def _module(names: Sequence[str]) -> ExternalModule:
    return ExternalModule({name: _function_named(name) for name in names})


def _function_named(name: str) -> Callable[[], None]:
    # Never run: Monty suspends at the call and gives the name.
    def function() -> None: ...

    function.__name__ = function.__qualname__ = name
    return function


def _settled(result: Settled) -> ExternalSettledResult:
    if isinstance(result, Returned):
        return {'return_value': result.value}
    return {'exc_type': cast('ExcType', result.exception_type), 'message': result.message}


def _load_error(error: MontyError) -> SnapshotVersion | SandboxCrashed:
    failure, ending = failure_of(error, current_file='')
    if ending == 'lost':
        return SandboxCrashed(f'The sandbox worker died while it read a state: {failure.message}')
    return SnapshotVersion(f'This version of Monty cannot read the state: {failure.message}')
