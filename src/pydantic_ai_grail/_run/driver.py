"""The async loop around a running program: it carries what the program asks to whom it concerns, and the answer back.

Calls to `async def` tools are promised at once and run in a task group; the program goes on until every task of its own
waits for one. Calls to `def` tools are barriers: they wait until nothing runs, then run alone. Leaving the loop, also
by cancellation, ends every call that is still under way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import assert_never

import anyio
from anyio.abc import TaskGroup

from .._monty.worker import (
    BlockedStop,
    CallStop,
    DoneStop,
    FailedStop,
    HostAccess,
    HostStop,
    NameStop,
    PrintSink,
    RaisedBy,
    Returned,
    Settled,
    SleepStop,
    Stop,
    Worker,
)
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
    loop = _Loop(worker=worker, calls=calls, limits=limits)
    ending: DoneStop | FailedStop = _STOPPED
    async with anyio.create_task_group() as tasks:
        ending = await loop.run(source, tasks, prints=prints, host=host)
        tasks.cancel_scope.cancel()
    if loop.run_ending is not None:
        raise loop.run_ending
    return ending


@dataclass(kw_only=True)
class _Loop:
    worker: Worker
    calls: Dispatcher
    limits: Limits
    run_ending: Exception | None = None
    _settled: dict[int, Settled] = field(default_factory=dict[int, Settled])
    _running: int = 0
    _slept_seconds: float = 0.0
    _changed: anyio.Event = field(default_factory=anyio.Event)

    async def run(self, source: str, tasks: TaskGroup, *, prints: PrintSink, host: HostAccess) -> DoneStop | FailedStop:
        stop = await self.worker.feed(source, prints=prints, host=host)
        while not isinstance(stop, (DoneStop, FailedStop)):
            try:
                stop = await self._step(stop, tasks)
            except RUN_ENDING as error:
                self.run_ending = error
            if self.run_ending is not None:
                stop = _STOPPED
        return stop

    async def _step(self, stop: Stop, tasks: TaskGroup) -> Stop:
        match stop:
            case CallStop():
                return await self._call(stop, tasks)
            case BlockedStop():
                return await self._settle(stop)
            case NameStop():
                return await self.worker.answer_name(is_function=self.calls.is_function(stop.name))
            case SleepStop():
                return await self._sleep(stop, tasks)
            case HostStop():
                return await self.worker.answer_host()
            case DoneStop() | FailedStop():
                return stop
            case _:
                assert_never(stop)

    async def _call(self, stop: CallStop, tasks: TaskGroup) -> Stop:
        accepted = self.calls.accept(stop)
        if isinstance(accepted, Returned):
            return await self.worker.answer(accepted)
        if isinstance(accepted, RaisedBy):
            return await self.worker.answer(accepted)
        if accepted.tool.sequential:
            await self._wait_until_idle()
            return await self.worker.answer(await self.calls.run(accepted))
        if self.calls.is_sequential:
            await self._wait_until_idle()
            self._settled[stop.number] = await self.calls.run(accepted)
        else:
            self._running += 1
            tasks.start_soon(self._run_call, stop.number, accepted)
        return await self.worker.answer_later()

    async def _run_call(self, number: int, request: CallRequest) -> None:
        try:
            self._settled[number] = await self.calls.run(request)
        except RUN_ENDING as error:
            self.run_ending = error
        self._note_change()

    async def _settle(self, stop: BlockedStop) -> Stop:
        while self.run_ending is None:
            ready = {number: self._settled.pop(number) for number in stop.pending if number in self._settled}
            if ready:
                return await self.worker.settle(ready)
            await self._changed.wait()
        return stop

    async def _wait_until_idle(self) -> None:
        while self._running and self.run_ending is None:
            await self._changed.wait()

    async def _sleep(self, stop: SleepStop, tasks: TaskGroup) -> Stop:
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
        self._running += 1
        tasks.start_soon(self._run_sleep, stop.number, stop.seconds)
        return await self.worker.answer_later()

    async def _run_sleep(self, number: int, seconds: float) -> None:
        await anyio.sleep(seconds)
        self._settled[number] = Returned(None)
        self._note_change()

    def _note_change(self) -> None:
        self._running -= 1
        changed, self._changed = self._changed, anyio.Event()
        changed.set()


_STOPPED = FailedStop(
    failure=Failure(kind='cancelled', exception_type='CancelledError', message='the run was ended'), is_lost=True
)
