"""A worker for the length of a block, and another one if that one dies while it takes a state up."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from pydantic_monty import AsyncMontySession

from ..limits import Limits
from .answers import module
from .pool import WORKERS, WorkerPool
from .worker import HostAccess, Worker


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
    modules = {name: module(names) for name, names in functions.items()}
    async with AsyncExitStack() as stack:

        async def renew() -> AsyncMontySession:
            return await stack.enter_async_context(pool.lend(limits, policy=host.policy, modules=modules))

        yield Worker(await renew(), renew=renew)
