"""The async loop around a running program: it carries what the program asks to whom it concerns, and the answer back.

Calls to `async def` tools are promised at once. They start when every task of the program waits for one, so a call that
is never awaited never runs, as in CPython, and those of a gather run together. Calls to `def` tools are barriers: they
wait until nothing runs, then run alone. Leaving the loop, also by cancellation, ends every call that is under way.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Final, assert_never

import anyio
from anyio.abc import TaskGroup

from .._monty.stops import (
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
from .._monty.worker import HostAccess, PrintSink, Worker
from ..calls import CallRequest
from ..limits import Limits
from ..outcomes import Failure
from .dispatch import RUN_ENDING, Dispatcher


async def drive(
    worker: Worker, source: str, *, calls: Dispatcher, prints: PrintSink, host: HostAccess, limits: Limits
) -> DoneStop | FailedStop:
    """Run a program to its end.

    Raises:
        UsageLimitExceeded: When a call ran into it; the program was stopped where it stood.
    """
    async with AsyncExitStack() as stack:
        loop = _Loop(worker=worker, calls=calls, limits=limits, stack=stack)
        ending = await loop.run(source, prints=prints, host=host)
        loop.end_calls()
    if loop.run_ending is not None:
        raise loop.run_ending
    return ending


@dataclass(kw_only=True)
class _Loop:
    worker: Worker
    calls: Dispatcher
    limits: Limits
    stack: AsyncExitStack
    """Left when the program has ended."""
    run_ending: Exception | None = None
    _promised: dict[int, CallRequest | float] = field(default_factory=dict[int, CallRequest | float])
    """Calls, and sleeps in seconds, that did not start yet, by Monty's number."""
    _settled: dict[int, Settled] = field(default_factory=dict[int, Settled])
    _tasks: TaskGroup | None = None
    """Opened when the first promise is kept: many cells make no calls."""
    _running: int = 0
    _slept_seconds: float = 0.0
    _changed: anyio.Event = field(default_factory=anyio.Event)

    async def run(self, source: str, *, prints: PrintSink, host: HostAccess) -> DoneStop | FailedStop:
        stop = await self.worker.feed(source, prints=prints, host=host)
        while not isinstance(stop, (DoneStop, FailedStop)):
            try:
                stop = await self._step(stop)
            except RUN_ENDING as error:
                self.run_ending = error
            if self.run_ending is not None:
                stop = _STOPPED
        return stop

    def end_calls(self) -> None:
        """Cancel what is still under way."""
        if self._tasks is not None:
            self._tasks.cancel_scope.cancel()

    async def _step(self, stop: Stop) -> Stop:
        match stop:
            case CallStop():
                return await self._call(stop)
            case BlockedStop():
                return await self._settle(stop)
            case NameStop():
                return await self.worker.answer_name(is_function=self.calls.is_function(stop.name))
            case SleepStop():
                return await self._sleep(stop)
            case HostStop():
                return await self.worker.answer_host()
            case DoneStop() | FailedStop():
                return stop
            case _:
                assert_never(stop)

    async def _call(self, stop: CallStop) -> Stop:
        accepted = self.calls.accept(stop)
        if not isinstance(accepted, CallRequest):
            return await self.worker.answer(accepted)
        if accepted.tool.sequential:
            await self._wait_until_idle()
            return await self.worker.answer(await self.calls.run(accepted))
        self._promised[stop.number] = accepted
        return await self.worker.answer_later()

    async def _settle(self, stop: BlockedStop) -> Stop:
        await self._start_promised()
        while self.run_ending is None:
            ready = {number: self._settled.pop(number) for number in stop.pending if number in self._settled}
            if ready:
                return await self.worker.settle(ready)
            if not self._running:
                return await self._nothing_to_await()
            await self._changed.wait()
        return stop

    async def _nothing_to_await(self) -> Stop:
        """The program awaits a promise that ended with an earlier cell. Monty gives up once it is told of no result."""
        stop = await self.worker.settle({})
        if isinstance(stop, FailedStop):
            return replace(stop, failure=replace(stop.failure, exception_type='RuntimeError', message=_OLD_PROMISE))
        return stop

    async def _start_promised(self) -> None:
        promised, self._promised = self._promised, {}
        for number, what in promised.items():
            if isinstance(what, CallRequest) and self.calls.is_sequential:
                self._settled[number] = await self.calls.run(what)
            else:
                if self._tasks is None:
                    self._tasks = await self.stack.enter_async_context(anyio.create_task_group())
                self._running += 1
                self._tasks.start_soon(self._keep_promise, number, what)

    async def _keep_promise(self, number: int, what: CallRequest | float) -> None:
        try:
            if isinstance(what, CallRequest):
                self._settled[number] = await self.calls.run(what)
            else:
                await anyio.sleep(what)
                self._settled[number] = Returned(None)
        except RUN_ENDING as error:
            self.run_ending = error
        self._running -= 1
        changed, self._changed = self._changed, anyio.Event()
        changed.set()

    async def _wait_until_idle(self) -> None:
        while self._running and self.run_ending is None:
            await self._changed.wait()

    async def _sleep(self, stop: SleepStop) -> Stop:
        self._slept_seconds += stop.seconds
        allowed = self.limits.max_sleep_secs
        if allowed is not None and self._slept_seconds > allowed:
            return FailedStop(
                failure=Failure(
                    kind='limit',
                    exception_type='TimeoutError',
                    message=f'a cell may sleep {allowed:g} s in total',
                    limit='sleep',
                ),
                is_lost=True,
            )
        if stop.blocks:
            await anyio.sleep(stop.seconds)
            return await self.worker.answer(Returned(None))
        self._promised[stop.number] = stop.seconds
        return await self.worker.answer_later()


_OLD_PROMISE: Final = 'this awaits a tool call that an earlier cell made and did not await; make the call again'
_STOPPED: Final = FailedStop(
    failure=Failure(kind='cancelled', exception_type='CancelledError', message='the run was ended'), is_lost=True
)
