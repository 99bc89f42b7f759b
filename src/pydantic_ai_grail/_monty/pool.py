"""Warm workers, lent one at a time. Lifetime: the process; opened at first use, closed at its exit.

One `WorkerPool` serves all agents, runs, threads and event loops of a process. Up to `CORE_WORKERS` workers are kept
warm. A borrower who waited `CORE_WAIT_SECONDS` for one, because the others are held by cells that wait for slow tools,
gets one of up to `MAX_WORKERS` further ones, which end when none of them was needed for `IDLE_SECONDS`.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import Any, Final, Literal

from anyio import CancelScope
from pydantic_monty import (
    AsyncMonty,
    AsyncMontySession,
    ExternalModule,
    MontyCrashedError,
    OSPolicy,
    ResourceLimits,
)

from ..errors import SandboxUnavailable
from ..limits import Limits

CORE_WORKERS: Final = max(2, os.cpu_count() or 1)
MAX_WORKERS: Final = 64
CORE_WAIT_SECONDS: Final = 0.05
MAX_WAIT_SECONDS: Final = 60.0
IDLE_SECONDS: Final = 10.0
EXIT_WAIT_SECONDS: Final = 0.05
"""How long the exit of the process waits after the pools were closed. Monty 1.4 aborts the interpreter now and then when
it ends while its threads still let go of Python objects: 8 of 40 runs without, see `tests/agent/test_exit_status.py`."""


def resource_limits(limits: Limits) -> ResourceLimits:
    """Our limits in Monty's words. Sleep and prints are counted by the driver instead."""
    return {
        'max_feed_duration_secs': limits.max_duration_secs,
        'max_memory': limits.max_memory,
        'max_suspensions': limits.max_suspensions,
        'max_recursion_depth': limits.max_recursion_depth,
    }


Kind = Literal['core', 'overflow']
"""The few workers that are kept warm, and those for when they are all held. Each pool is opened when it is needed."""


class WorkerPool:
    """Lends Monty sessions. Safe to use from several threads and event loops.

    Args:
        idle_seconds: After how long the further workers end, when nobody needs them.
    """

    def __init__(self, *, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._opening = threading.Lock()
        self._pools: dict[Kind, AsyncMonty] = {}
        self._borrowers = 0
        """Those of the further workers, with those who wait for one."""
        self._idle: threading.Timer | None = None
        self._left_behind: list[AsyncMonty] = []

    @asynccontextmanager
    async def lend(
        self, limits: Limits, *, policy: OSPolicy, modules: Mapping[str, ExternalModule]
    ) -> AsyncGenerator[AsyncMontySession]:
        """A fresh session on a warm worker, for the length of the block.

        Raises:
            SandboxUnavailable: When no worker could be had within `MAX_WAIT_SECONDS`, or this process was forked from
                one that had workers.
        """
        core = self._pools.get('core') or self._open('core')

        def checkout(pool: AsyncMonty) -> AsyncMontySession:
            return pool.checkout(limits=resource_limits(limits), os_policy=policy, external_modules=modules)

        with ExitStack() as stack:
            try:
                lent = await _entered(lambda: checkout(core))
            except TimeoutError:
                overflow = stack.enter_context(self._overflow())
                try:
                    lent = await _entered(lambda: checkout(overflow))
                except TimeoutError as error:
                    raise SandboxUnavailable(
                        f'No sandbox worker became free within {MAX_WAIT_SECONDS:.0f} s: {CORE_WORKERS + MAX_WORKERS} are '
                        'held by cells that are still running. Run fewer agents at once in one process.'
                    ) from error
            try:
                yield lent
            finally:
                # Also when the borrower was cancelled: a session that is not given back keeps its worker.
                with CancelScope(shield=True):
                    await lent.__aexit__(None, None, None)

    @contextmanager
    def _overflow(self) -> Generator[AsyncMonty]:
        """The pool of further workers. It stays open for whoever has borrowed from it, and a while longer."""
        with self._opening:
            self._borrowers += 1
            if self._idle is not None:
                self._idle.cancel()
        try:
            yield self._pools.get('overflow') or self._open('overflow')
        finally:
            with self._opening:
                self._borrowers -= 1
                if self._borrowers == 0:
                    self._idle = threading.Timer(self._idle_seconds, self._close_idle)
                    self._idle.daemon = True
                    self._idle.start()

    def _close_idle(self) -> None:
        with self._opening:
            if self._borrowers or self._idle is not threading.current_thread():
                return
            overflow = self._pools.pop('overflow', None)
        if overflow is not None:
            _away_from_any_loop(_exit, overflow)

    def _open(self, kind: Kind) -> AsyncMonty:
        # Blocks this thread for a few ms, once. Pools do not belong to the event loop that opened them, so another one
        # can do it: no task can be cancelled half-way through, and several threads may ask at once.
        with self._opening:
            if self._left_behind:
                raise SandboxUnavailable(
                    'This process was forked from one that had already run cells, and the threads that speak with the '
                    'sandbox stayed there. Fork first and run agents then, or start processes with spawn.'
                )
            if kind not in self._pools:
                pool = _new_pool(kind)
                _away_from_any_loop(_enter, pool)
                self._pools[kind] = pool
            return self._pools[kind]

    def close(self) -> None:
        """End all workers. The pools open again at their next use."""
        with self._opening:
            pools, self._pools = self._pools, {}
            idle, self._idle = self._idle, None
        if idle is not None:
            idle.cancel()
            idle.join()  # it may be closing what nobody needed
        if pools:
            _away_from_any_loop(_exit, *pools.values())

    def forget(self) -> None:
        """Let go of the workers without ending them: they belong to the process this one was forked from.

        Monty's threads stay there too, so that a pool opened here would wait for ever (Monty 1.4). The pools are kept
        alive: dropped, they would take their sockets off the epoll instance that both processes share, and the other
        process would wait for ever.
        """
        self._opening, self._borrowers, self._idle = threading.Lock(), 0, None
        self._left_behind += self._pools.values()
        self._pools = {}


def _new_pool(kind: Kind) -> AsyncMonty:
    if kind == 'core':
        return AsyncMonty(min_processes=1, max_processes=CORE_WORKERS, checkout_timeout=CORE_WAIT_SECONDS)
    return AsyncMonty(min_processes=0, max_processes=MAX_WORKERS, checkout_timeout=MAX_WAIT_SECONDS)


async def _entered(checkout: Callable[[], AsyncMontySession]) -> AsyncMontySession:
    """A session that answers. A worker that died while nobody used it is only found dead when it is lent."""
    crash: MontyCrashedError | None = None
    for _ in range(CORE_WORKERS + MAX_WORKERS):
        try:
            return await checkout().__aenter__()
        except MontyCrashedError as error:
            crash = error
    raise SandboxUnavailable(f'Every sandbox worker died as soon as it was started: {crash}') from crash


async def _enter(*pools: AsyncMonty) -> None:
    for pool in pools:
        await pool.__aenter__()


async def _exit(*pools: AsyncMonty) -> None:
    for pool in reversed(pools):
        await pool.__aexit__(None, None, None)


def _away_from_any_loop(step: Callable[..., Coroutine[Any, Any, None]], *pools: AsyncMonty) -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(step(*pools))  # no loop here; at the interpreter's exit no thread could be started either
        return
    failures: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(step(*pools))
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, name='pydantic-ai-grail pool')
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


WORKERS: Final = WorkerPool()
"""The process's pool."""


def _at_exit() -> None:
    WORKERS.close()
    time.sleep(EXIT_WAIT_SECONDS)


atexit.register(_at_exit)
if hasattr(os, 'register_at_fork'):
    os.register_at_fork(after_in_child=WORKERS.forget)
