"""Where work on source runs: at once for a short cell, in a thread for a long one, so that the event loop stays free.

A cell of 4,000 characters takes a few milliseconds; ten times that may take a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from anyio.to_thread import run_sync

T = TypeVar('T')

LONG_CHARS: Final = 4_000
"""Source longer than this is read off the event loop."""


async def off_loop(chars: int, work: Callable[[], T]) -> T:
    """What `work` gives, done in a thread if it is about more than a few thousand characters.

    A run that is cancelled does not wait for the thread, which changes nothing that anybody else sees.
    """
    return await run_sync(work, abandon_on_cancel=True) if chars > LONG_CHARS else work()


async def run_off_loop(chars: int, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """The same for work that awaits something, which must be at home in any event loop."""
    return await run_sync(lambda: asyncio.run(work()), abandon_on_cancel=True) if chars > LONG_CHARS else await work()
