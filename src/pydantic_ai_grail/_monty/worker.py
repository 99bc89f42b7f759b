"""One lent worker: feed it code, answer what it asks, dump and load its state. Lifetime: one cell, usually.

Speaks in `Stop`s: what the program needs before it can continue, or how it ended. Nothing of Monty's goes further than
this file, neither its snapshots nor its exceptions.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, NoReturn, TypeAlias, TypeVar

from pydantic_monty import (
    AbstractOS,
    AsyncFunctionSnapshot,
    AsyncFutureSnapshot,
    AsyncMontySession,
    AsyncNameLookupSnapshot,
    AsyncSnapshot,
    MontyComplete,
    MontyError,
    MontyRuntimeError,
    MountDir,
    OsHandler,
    OSPolicy,
)

from ..errors import SandboxCrashed
from ..events.outcomes import Failure
from .answers import function_named, lost, settled
from .failures import broken, failure_of, load_error
from .hashing import GIVE_VALUE, HASH_TRIALS, TOO_LONG_TO_HASH
from .host_values import CALL_ROOM, NO_HOST_FORM, RESULT_ROOM, Sent, TooLarge, leave, why_not
from .machine import Event, Machine, State
from .stops import (
    BlockedStop,
    CallStop,
    DoneStop,
    FailedStop,
    HostStop,
    NameStop,
    RaisedBy,
    Returned,
    Settled,
    SleepStop,
    Stop,
)

T = TypeVar('T')
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


_NO_VALUE: Final = (
    'The cell ran to its end, but its value cannot leave the sandbox: {why}. Keep it in a variable, and end the cell in a '
    'part of it, a count or a total'
)
_SEND_LESS: Final = '. Send a part of it, or in several calls'
_SENT_MUCH: Final = ', after all that this cell has sent before. Continue in the next cell'
_MOST_TOO_LONG: Final = 3
"""Values of a program that take too long to hash; two seconds went by for each, which its time limit does not count."""
_SLEEPS: Final = ('time.sleep', 'asyncio.sleep')


class Worker:
    """A session on a lent worker, fresh or restored. One owner at a time."""

    def __init__(self, session: AsyncMontySession, *, renew: Callable[[], Awaitable[AsyncMontySession]]) -> None:
        self._session, self._renew = session, renew
        self._machine = Machine()
        self._snapshot: AsyncSnapshot | None = None
        self._source = b''
        self._sent = Sent()
        self._ending: Stop | None = None
        self._too_long = 0
        self.feeds = 0
        """How many feeds this session has seen, also before it was restored; Monty numbers its files by it."""
        self.tries_hashes = False
        """Whether what leaves is tried elsewhere first, see `hashing.py`; the program calls `GIVE_VALUE` with its value."""

    def given(self, value: str) -> str:
        """The last line of a question of ours, as source: what may leave is not known of that either, see `tries_hashes`."""
        return f'{GIVE_VALUE}({value})' if self.tries_hashes else value

    @property
    def pid(self) -> int | None:
        """The worker's process, while it is there."""
        return self._session.worker_pid

    async def load(self, dump: bytes, *, feeds: int) -> None:
        """Take the state that `dump` gave. Only on a fresh session.

        Raises:
            SnapshotVersionMismatch: When this Monty cannot read it.
            SandboxCrashed: When two workers died over it.
        """
        await self._take_up(lambda session: session.load_session(dump))
        self.feeds = feeds

    async def dump(self) -> bytes:
        """The session's state, between feeds or where a program stands.

        Raises:
            SandboxCrashed: When the worker died.
        """
        try:
            return await self._session.dump()
        except Exception as error:
            raise SandboxCrashed(f'The sandbox worker died while its state was read: {error}') from error

    async def park(self) -> bytes:
        """The program where it stands, at a call or blocked. It does not continue here.

        Raises:
            SandboxCrashed: When the worker died.
        """
        self._machine.move(Event.PARK)
        return await self.dump()

    async def revive(self, dump: bytes, source: str, *, feeds: int, prints: PrintSink, host: HostAccess) -> Stop:
        """Take up the program that `park` gave, on a fresh session, and give the stop it stands at again.

        Raises:
            SnapshotVersionMismatch: When this Monty cannot read it.
            SandboxCrashed: When two workers died over it.
        """
        self._machine = Machine(State.PARKED)
        self._machine.move(Event.REVIVE)
        self._source, self.feeds = source.encode(errors='surrogatepass'), feeds
        self._file = f'<python-input-{feeds - 1}>'
        mounts = list(host.mounts) or None
        return await self._stop(
            await self._take_up(
                lambda session: session.load_snapshot(dump, print_callback=prints, os=host.os, mount=mounts)
            )
        )

    async def _take_up(self, load: Callable[[AsyncMontySession], Awaitable[T]]) -> T:
        """Load a state; with another worker where this one died, which may have had other reasons."""
        try:
            return await load(self._session)
        except Exception as error:
            if not isinstance(load_error(error), SandboxCrashed):
                raise load_error(error) from error
        self._session = await self._renew()
        try:
            return await load(self._session)
        except Exception as error:
            raise load_error(error) from error

    async def feed(self, source: str, *, prints: PrintSink, host: HostAccess) -> Stop:
        """Start a program and run it to its first stop."""
        self._machine.move(Event.FEED)
        self._sent, self._ending, self._too_long = Sent(), None, 0
        self._source = source.encode(errors='surrogatepass')
        self._file = f'<python-input-{self.feeds}>'
        self.feeds += 1
        return await self._until_stop(
            self._session.feed_start(source, print_callback=prints, os=host.os, mount=list(host.mounts) or None)
        )

    async def answer(self, result: Settled) -> Stop:
        """Settle the call the program stands at, at once."""
        snapshot = self._at_call()
        return await self._until_stop(
            snapshot.resume(settled(result)), or_else=lambda why: snapshot.resume(settled(lost(result, why)))
        )

    async def answer_later(self) -> Stop:
        """Let the program continue with a promise; `settle` it when it is `BlockedStop`."""
        return await self._until_stop(self._at_call().resume({'future': ...}))

    async def settle(self, results: Mapping[int, Settled]) -> Stop:
        """Keep some of the promises a blocked program waits for."""
        snapshot = self._snapshot
        assert isinstance(snapshot, AsyncFutureSnapshot)
        self._machine.move(Event.SETTLE)
        return await self._until_stop(
            snapshot.resume({number: settled(result) for number, result in results.items()}),
            or_else=lambda why: snapshot.resume(
                {number: settled(lost(result, why)) for number, result in results.items()}
            ),
        )

    async def answer_name(self, *, is_function: bool) -> Stop:
        """Bind the name to a function of ours, or let it be a `NameError`."""
        snapshot = self._snapshot
        assert isinstance(snapshot, AsyncNameLookupSnapshot)
        self._machine.move(Event.ANSWER)
        if is_function:
            return await self._until_stop(snapshot.resume(value=function_named(snapshot.variable_name)))
        return await self._until_stop(snapshot.resume())

    async def answer_host(self) -> Stop:
        """Let mounts, the `os` handler and the lent modules answer, in this order."""
        return await self._until_stop(self._at_call().resume_auto())

    def _at_call(self) -> AsyncFunctionSnapshot:
        snapshot = self._snapshot
        assert isinstance(snapshot, AsyncFunctionSnapshot)
        self._machine.move(Event.ANSWER)
        return snapshot

    async def _until_stop(
        self,
        step: Awaitable[AsyncSnapshot],
        *,
        or_else: Callable[[MontyError], Awaitable[AsyncSnapshot]] | None = None,
    ) -> Stop:
        """Let the program run. However that ends, it is a stop: Monty raises more than its own exceptions.

        Args:
            step: What sets it going.
            or_else: What does so where what it was given has no form in the sandbox. Monty takes that for an error of
                the program, which stands where it stood.
        """
        try:
            try:
                snapshot = await step
            except MontyRuntimeError as error:
                if or_else is None or error.traceback() or self._session.worker_pid is None:
                    raise
                try:
                    snapshot = await or_else(error)
                except RuntimeError:  # it was the program's own: no answer is waited for
                    raise error from None
        except MontyError as error:
            return self._failed(error)
        except Exception as error:
            # The session has ended without our knowing, or the host refused something that code asked for.
            self._machine.move(Event.CRASHED)
            return FailedStop(failure=broken(error), is_lost=True)
        return await self._stop(snapshot)

    async def _stop(self, snapshot: AsyncSnapshot) -> Stop:
        self._snapshot = snapshot
        if isinstance(snapshot, AsyncFunctionSnapshot):
            return await self._call_stop(snapshot)
        if isinstance(snapshot, AsyncFutureSnapshot):
            self._machine.move(Event.WAITED)
            return BlockedStop(pending=tuple(snapshot.pending_call_ids))
        if isinstance(snapshot, AsyncNameLookupSnapshot):
            self._machine.move(Event.NAMED)
            return NameStop(name=snapshot.variable_name)
        return await self._done(snapshot)

    async def _call_stop(self, snapshot: AsyncFunctionSnapshot) -> Stop:
        name = str(snapshot.function_name)
        try:
            may_leave = not self.tries_hashes or await HASH_TRIALS.end_in_time(await self.dump())
        except SandboxCrashed as error:  # a dump takes as much memory again
            self._machine.move(Event.CRASHED)
            return FailedStop(failure=replace(broken(error), kind='limit', limit='memory'), is_lost=True)
        self._too_long += not may_leave
        if self._too_long >= _MOST_TOO_LONG:
            self._machine.move(Event.CRASHED)
            failure = Failure(kind='limit', exception_type='TimeoutError', message=TOO_LONG_TO_HASH, limit='time')
            return FailedStop(failure=failure, is_lost=True)
        if not snapshot.is_os_function:
            self._machine.move(Event.CALLED)
            gives_value = self.tries_hashes and name == GIVE_VALUE
            if gives_value and self._ending is None:  # once: what follows is no call of ours
                self._ending = await self._value(lambda: snapshot.args[0] if may_leave else _no_hash())
                return await self.answer(Returned(None))
            number, line = snapshot.call_id, self._line(snapshot)
            room = self._sent.room
            try:
                if not may_leave:
                    _no_hash()
                given = snapshot.kwargs
                left = await leave(*snapshot.args, *given.values(), room=room)
            except NO_HOST_FORM as error:
                advice = '' if not isinstance(error, TooLarge) else _SEND_LESS if room == CALL_ROOM else _SENT_MUCH
                return CallStop(
                    number=number, name=name, args=(), kwargs={}, line=line, unreadable=f'{why_not(error)}{advice}'
                )
            self._sent.add(left)
            args, named = left.values[: len(left.values) - len(given)], left.values[len(left.values) - len(given) :]
            kwargs = dict(zip(given, named, strict=True))
            return CallStop(number=number, name=name, args=args, kwargs=kwargs, line=line)
        if name in _SLEEPS:
            self._machine.move(Event.CALLED)
            seconds = float(snapshot.args[0]) if snapshot.args else 0.0
            return SleepStop(number=snapshot.call_id, seconds=max(seconds, 0.0), blocks=name == 'time.sleep')
        if not may_leave:
            self._machine.move(Event.CALLED)
            return await self.answer(RaisedBy('ValueError', TOO_LONG_TO_HASH))
        self._machine.move(Event.HOST_CALLED)
        return HostStop(function=name)

    async def _done(self, complete: MontyComplete) -> Stop:
        self._machine.move(Event.FINISHED)
        if self.tries_hashes:
            return self._ending or DoneStop(value=None)
        return await self._value(lambda: complete.output)

    async def _value(self, read: Callable[[], Any]) -> DoneStop | FailedStop:
        try:
            (value,) = (await leave(read(), room=RESULT_ROOM)).values
        except NO_HOST_FORM as error:
            # The program is through and its state is sound; only this value has no form on the host.
            failure = Failure(
                kind='exception',
                exception_type='ValueError' if isinstance(error, TooLarge) else type(error).__name__,
                message=_NO_VALUE.format(why=why_not(error)),
            )
            return FailedStop(failure=failure, is_lost=False)
        return DoneStop(value=value)

    def _failed(self, error: MontyError) -> FailedStop:
        failure, ending = failure_of(error, current_file=self._file)
        # Monty ends a worker that passes the hard end of its memory limit, and tells it as an error of the program.
        is_lost = ending == 'lost' or self._session.worker_pid is None
        self._machine.move(Event.CRASHED if is_lost else Event.RAISED)
        return FailedStop(failure=failure, is_lost=is_lost)

    def _line(self, snapshot: AsyncFunctionSnapshot) -> int | None:
        place = snapshot.position
        return self._source.count(b'\n', 0, place.start) + 1 if place.filename == self._file else None


def _no_hash() -> NoReturn:
    raise ValueError(TOO_LONG_TO_HASH)
