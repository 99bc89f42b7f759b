"""The workers of a process: a few stay warm, and what a busy moment took is given back."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import anyio
import anyio.to_thread
import psutil
import pytest
from pydantic_monty import AsyncMontySession, OSPolicy

from pydantic_ai_grail._monty.pool import CORE_WORKERS, WorkerPool
from pydantic_ai_grail.limits import Limits

pytestmark = pytest.mark.anyio

FURTHER = 4


@asynccontextmanager
async def pool_of(*, idle_seconds: float) -> AsyncGenerator[WorkerPool]:
    pool = WorkerPool(idle_seconds=idle_seconds)
    try:
        yield pool
    finally:
        pool.close()


async def borrowed(pool: WorkerPool, stack: AsyncExitStack) -> AsyncMontySession:
    return await stack.enter_async_context(pool.lend(Limits.DEFAULT, policy=OSPolicy(), modules={}))


def started_since(before: set[int]) -> int:
    return len({child.pid for child in psutil.Process().children()} - before)


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children()}


async def test_what_a_busy_moment_took_is_given_back() -> None:
    async with pool_of(idle_seconds=0.1) as pool, AsyncExitStack() as stack:
        await borrowed(pool, stack)  # Monty's own files are open from now on
    before, files = children(), psutil.Process().num_fds()
    async with pool_of(idle_seconds=0.1) as pool:
        async with AsyncExitStack() as stack:
            for _ in range(CORE_WORKERS + FURTHER):
                assert await (await borrowed(pool, stack)).feed_run('1 + 1') == 2
            assert started_since(before) == CORE_WORKERS + FURTHER
        further = psutil.Process().children()[-FURTHER:]
        await anyio.to_thread.run_sync(lambda: psutil.wait_procs(further, timeout=20))
        assert started_since(before) == CORE_WORKERS
        async with AsyncExitStack() as stack:  # and is there again for the next one
            for _ in range(CORE_WORKERS + 1):
                assert await (await borrowed(pool, stack)).feed_run('1 + 1') == 2
    assert started_since(before) == 0
    assert psutil.Process().num_fds() <= files + 2


async def test_what_is_lent_is_not_taken_away() -> None:
    async with pool_of(idle_seconds=0.05) as pool, AsyncExitStack() as held:
        for _ in range(CORE_WORKERS):
            await borrowed(pool, held)
        further = await borrowed(pool, held)
        async with AsyncExitStack() as brief:
            await borrowed(pool, brief)
        await anyio.sleep(0.3)  # longer than idle ones are kept
        assert await further.feed_run('2 + 2') == 4
