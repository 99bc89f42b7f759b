"""What a tool gives one by one, as a list: an async generator, a generator, an iterator.

A generator's body is the tool's own code, which runs only when its items are asked for: so they are asked for as part of
the call, in a thread where it may block, and what it raises is raised by the call.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Generator, Iterator
from contextlib import AsyncExitStack, aclosing
from itertools import islice
from typing import Any, cast

from anyio.to_thread import run_sync

from .._monty.values import MOST_ITEMS, is_iterator


class TooManyItems(RuntimeError):
    """A generator had more items than are collected; it was closed."""


async def collected(result: Any) -> Any:
    """A tool's result, with a list in place of an iterator.

    Raises:
        TooManyItems: When it gives more than a list may have, and perhaps no end of them.
        Exception: What it raised on the way.
    """
    if isinstance(result, AsyncIterable):
        return await _from_async(cast('AsyncIterable[Any]', result))
    if is_iterator(result):
        return await run_sync(_from_iterator, result)
    return result


async def _from_async(source: AsyncIterable[Any]) -> list[Any]:
    items: list[Any] = []
    async with AsyncExitStack() as stack:
        if isinstance(source, AsyncGenerator):
            await stack.enter_async_context(aclosing(cast('AsyncGenerator[Any]', source)))
        async for item in source:
            if len(items) == MOST_ITEMS:
                raise _too_many()
            items.append(item)
    return items


def _from_iterator(iterator: Iterator[Any]) -> list[Any]:
    items = list(islice(iterator, MOST_ITEMS + 1))
    if len(items) > MOST_ITEMS:
        if isinstance(iterator, Generator):
            iterator.close()
        raise _too_many()
    return items


def _too_many() -> TooManyItems:
    return TooManyItems(f'it gave more than {MOST_ITEMS:,} items, one by one; ask it for fewer')
