"""The async loop around a running program: it carries what the program asks to whom it concerns, and the answer back.

Calls to `async def` tools are promised at once. They start when every task of the program waits for one, so those of a
gather run together, and one that nothing awaits runs only if the program awaits something after it. Calls to `def` tools
are barriers: they wait until nothing runs, then run alone. When the program has ended, calls that are under way come to
their end, for the outcome of an interrupted one would be unknown; those that change nothing are ended, and all are when
the run is cancelled.

When every task awaits a call that waits for a decision, the program is parked: dumped where it stands, to be revived when
there is one. Results are delivered in the order in which the journal has them, so that a program which is run again
makes the same calls in the same order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, nullcontext
from dataclasses import dataclass, field, replace
from typing import Final, assert_never

import anyio
import anyio.lowlevel

from .._journal.pauses import Parked
from .._journal.replay import Diverged
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
from ..events.calls import CallRequest
from ..events.journal_entries import CallWaits, CellSuspended
from ..events.outcomes import Failure
from ..limits import Limits
from .pending import all_awaited
from .pipeline import CallPipeline
from .tool_call import RUN_ENDING, ends_the_task
from .under_way import UnderWay


async def drive(
    worker: Worker,
    source: str,
    *,
    calls: CallPipeline,
    prints: PrintSink,
    host: HostAccess,
    limits: Limits,
    suspended: CellSuspended | None = None,
) -> DoneStop | FailedStop | Parked:
    """Run a program to its end, or until it cannot continue without a decision.

    Args:
        suspended: Where the program stands, if it was parked before.

    Raises:
        UsageLimitExceeded: When a call ran into it; the program was stopped where it stood.
        StoreError: When the journal could not be written.
        Diverged: When a program that is run again makes other calls than before.
        SnapshotVersionMismatch, SandboxCrashed: When a parked program cannot be taken up.
    """
    async with AsyncExitStack() as stack:
        loop = _Loop(worker=worker, calls=calls, limits=limits, under_way=UnderWay(stack=stack))
        try:
            ending = await loop.run(source, suspended, prints=prints, host=host)
        except BaseException as error:
            if ends_the_task(error):
                raise
            ending = error  # raised below, since the task group would wrap it
        loop.under_way.cancel_harmless()
    calls.position.unused = loop.unused()
    run_ending = loop.under_way.run_ending
    if isinstance(ending, DoneStop) and run_ending is None:
        ending = all_awaited(ending, loop.never_begun(), calls.remarks)
    if run_ending is not None:
        raise run_ending
    if isinstance(ending, BaseException):
        raise ending
    return ending


@dataclass(kw_only=True)
class _Loop:
    worker: Worker
    calls: CallPipeline
    limits: Limits
    under_way: UnderWay
    _promised: dict[int, CallRequest | float] = field(default_factory=dict[int, CallRequest | float])
    """Calls, and sleeps in seconds, that did not start yet, by Monty's number."""
    _settled: dict[int, tuple[int, Settled]] = field(default_factory=dict[int, tuple[int, Settled]])
    """Results that the program was not given yet, each with its place in the order of settling or `_SLEEP`."""
    _open: dict[int, CallRequest] = field(default_factory=dict[int, CallRequest])
    """Calls that the program was not given a result of, by Monty's number."""
    _slept_seconds: float = 0.0

    async def run(
        self, source: str, suspended: CellSuspended | None, *, prints: PrintSink, host: HostAccess
    ) -> DoneStop | FailedStop | Parked:
        stop: Stop | Parked
        if suspended is None:
            stop = await self.worker.feed(source, prints=prints, host=host)
        else:
            stop = await self._revive(source, suspended, prints=prints, host=host)
        while not isinstance(stop, (DoneStop, FailedStop, Parked)):
            try:
                stop = await self._step(stop)
            except RUN_ENDING as error:
                self.under_way.run_ending = error
            if self.under_way.run_ending is not None:
                stop = _STOPPED
        return stop

    async def _revive(
        self, source: str, suspended: CellSuspended, *, prints: PrintSink, host: HostAccess
    ) -> Stop | Parked:
        stop = await self.worker.revive(suspended.dump, source, feeds=suspended.feeds, prints=prints, host=host)
        self.calls.revive(suspended)
        self._slept_seconds = suspended.slept_seconds
        self._settled.update({number: (_SLEEP, Returned(None)) for number in suspended.slept})
        for ordinal, number in suspended.numbers.items():
            request = self.calls.past.replay.request(ordinal, self.calls.tools.catalog)
            self._open[number] = request
            if ordinal != suspended.at_call:
                self._promised[number] = request
        if isinstance(stop, CallStop) and suspended.at_call is not None:
            request = self._open[stop.number]
            try:
                if self.calls.refuses(request):
                    await self._start_promised()
                return await self._run_alone(request, stop.number)
            except RUN_ENDING as error:
                self.under_way.run_ending = error
                return _STOPPED
        return stop

    def unused(self) -> list[CallRequest]:
        """The calls that ran, and whose results the program was not given."""
        return [request for number, request in self._open.items() if number in self._settled]

    def never_begun(self) -> list[CallRequest]:
        """The calls that the program made, and never awaited."""
        return [what for what in self._promised.values() if isinstance(what, CallRequest)]

    async def _step(self, stop: Stop) -> Stop | Parked:
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

    async def _call(self, stop: CallStop) -> Stop | Parked:
        accepted = self.calls.accept(stop)
        if not isinstance(accepted, CallRequest):
            return await self.worker.answer(accepted)
        self._open[stop.number] = accepted
        if accepted.tool.sequential:
            return await self._run_alone(accepted, stop.number)
        self._promised[stop.number] = accepted
        return await self.worker.answer_later()

    async def _run_alone(self, request: CallRequest, number: int) -> Stop | Parked:
        await self.under_way.until_idle()
        if self.under_way.run_ending is not None:
            raise self.under_way.run_ending
        settled = await self.calls.run(request)
        if isinstance(settled, CallWaits):
            await self._start_promised()
            await self.under_way.until_idle()
            return await self._park(at_call=request.ordinal)
        self.calls.progress.order.arrive(request.tool_call_id)
        del self._open[number]
        self.calls.position.delivered += 1
        return await self.worker.answer(settled)

    async def _settle(self, stop: BlockedStop) -> Stop | Parked:
        await self._start_promised()
        while self.under_way.run_ending is None:
            ready = self._ready(stop.pending)
            if ready:
                return await self.worker.settle(ready)
            if not self.under_way.running:
                if any(number in self._open for number in stop.pending):
                    return await self._park(at_call=None)
                return await self._nothing_to_await()
            await self.under_way.until_changed()
        return stop

    def _ready(self, pending: Sequence[int]) -> dict[int, Settled]:
        """The results to hand over now: in the order of settling, and none before one that came earlier. A program that
        is run again gets as many as it had when it made its next call, and makes that one first."""
        position, missing = self.calls.position, min(self.calls.progress.order.outstanding, default=None)
        ready = sorted((self._settled[number][0], number) for number in pending if number in self._settled)
        slept = [number for order, number in ready if order == _SLEEP]
        results = [number for order, number in ready if order != _SLEEP and (missing is None or order < missing)]
        enough = self.calls.past.replay.results_before_next(position.accepted)
        if enough is not None:
            results = results[: max(enough - position.delivered, 0)]
        position.delivered += len(results)
        for number in results:
            del self._open[number]
        return {number: self._settled.pop(number)[1] for number in [*slept, *results]}

    async def _park(self, *, at_call: int | None) -> Parked:
        if self.under_way.run_ending is not None:
            raise self.under_way.run_ending
        numbers = {request.ordinal: number for number, request in self._open.items()}
        if not self.calls.progress.waiting:
            raise Diverged('it awaits calls that ended before, in another order')
        return Parked(
            dump=await self.worker.park(),
            numbers=numbers,
            at_call=at_call,
            slept=sorted(number for number, (order, _) in self._settled.items() if order == _SLEEP),
            slept_seconds=self._slept_seconds,
            feeds=self.worker.feeds,
        )

    async def _nothing_to_await(self) -> Stop:
        """The program awaits a promise that ended with an earlier cell. Monty gives up once it is told of no result."""
        stop = await self.worker.settle({})
        if isinstance(stop, FailedStop):
            return replace(stop, failure=replace(stop.failure, exception_type='RuntimeError', message=_OLD_PROMISE))
        return stop

    async def _start_promised(self) -> None:
        promised, self._promised = self._promised, {}
        refused = {
            number: what
            for number, what in promised.items()
            if isinstance(what, CallRequest) and self.calls.refuses(what)
        }
        await self._start({number: what for number, what in promised.items() if number not in refused})
        if refused:
            # What a person allowed is not interrupted by what the same person refused, which may end the program.
            await self.under_way.until_idle()
            await self._start(refused)

    async def _start(self, promised: Mapping[int, CallRequest | float]) -> None:
        for started, (number, what) in enumerate(promised.items(), start=1):
            if started % _STARTED_AT_ONCE == 0:
                await anyio.lowlevel.checkpoint()
            if isinstance(what, CallRequest) and self.calls.is_sequential:
                await self._keep_call(number, what)
            else:
                is_harmless = not isinstance(what, CallRequest) or what.tool.read_only
                scope = self.under_way.harmless() if is_harmless else None
                await self.under_way.start(self._keep_promise, number, what, scope)

    async def _keep_promise(self, number: int, what: CallRequest | float, scope: anyio.CancelScope | None) -> None:
        try:
            with scope or nullcontext():
                await self._keep(number, what)
        finally:
            self.under_way.end(scope)

    async def _keep(self, number: int, what: CallRequest | float) -> None:
        try:
            if isinstance(what, CallRequest):
                await self._keep_call(number, what)
            else:
                await anyio.sleep(what)
                self._settled[number] = (_SLEEP, Returned(None))
        except BaseException as error:
            if ends_the_task(error):
                raise
            self.under_way.run_ending = error  # raised by `drive`: here it would interrupt the calls beside

    async def _keep_call(self, number: int, request: CallRequest) -> None:
        settled = await self.calls.run(request)
        if not isinstance(settled, CallWaits):
            self._settled[number] = (self.calls.progress.order.arrive(request.tool_call_id), settled)

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


_STARTED_AT_ONCE: Final = 16  # calls, before others have their turn: the first step of one takes up to 0.5 ms
_SLEEP: Final = 0
_OLD_PROMISE: Final = (
    'this awaits a tool call of an earlier cell, which is over; what came back for that cell says whether the call was made. '
    'If it was not, make it here'
)
_STOPPED: Final = FailedStop(
    failure=Failure(kind='cancelled', exception_type='CancelledError', message='the run was ended'), is_lost=True
)
