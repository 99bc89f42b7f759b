"""Calls the functions of the option `on_cell_event`, which are an application's own: what they raise ends no cell.

A plain function has an event before the cell continues. What an `async` one returns is awaited in the order of the events, in
one task beside the cell, which waits for the last of them at its end, and not for ever.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from inspect import isawaitable
from typing import Any, Final, cast

from anyio import CancelScope

from ..events.cell_events import CellClosed, Event, EventHandler, Observer

LONGEST_WAIT_SECONDS: Final = 5.0
"""How long the end of a cell waits for what handlers do with its events."""

FailureReport = Callable[[str, Exception], None]
"""Told of a handler, by its name, and of what it raised."""


@dataclass(kw_only=True)
class EventDelivery:
    """An observer that calls handlers. Lifetime: a cell, or what a run does between cells; `drain` is its end."""

    handlers: tuple[EventHandler, ...]
    conversation_id: str
    logged: set[str]
    """What was logged already, of all cells: a handler that fails at each event fills no log."""
    report: FailureReport | None = None
    first: Observer | None = None
    """Told each event before the handlers are."""
    _pending: deque[tuple[EventHandler, Awaitable[Any]]] = field(default_factory=deque[Any])
    _task: asyncio.Task[None] | None = None

    def __call__(self, event: Event, /) -> None:
        """Call every handler, in order."""
        if self.first is not None:
            self.first(event)
        if not self.handlers:
            return
        event = replace(event, conversation_id=self.conversation_id)
        for handler in self.handlers:
            try:
                given = handler(event)
            except Exception as error:
                self._failed(handler, error)
                continue
            if isawaitable(given):
                self._pending.append((handler, given))
                self._start()

    async def close(self, event: CellClosed) -> None:
        """Tell the last event of a cell, and `drain`."""
        self(event)
        await self.drain()

    async def drain(self) -> None:
        """Once this returns, handlers have had every event, or have had `LONGEST_WAIT_SECONDS` for it and were cancelled.

        Raises:
            BaseException: What a handler raised that is no `Exception`.
        """
        task, self._task = self._task, None
        if task is None:
            return
        done: set[asyncio.Task[None]] = set()
        with CancelScope(shield=True):  # also of a cell that was cancelled
            try:
                done, _ = await asyncio.wait({task}, timeout=LONGEST_WAIT_SECONDS)
            except BaseException:
                task.cancel()
                raise
        if done:
            task.result()
            return
        task.cancel()
        _LOG.warning(
            'The functions of on_cell_event have not come to an end %g seconds after their cell; they were cancelled.',
            LONGEST_WAIT_SECONDS,
        )

    def _start(self) -> None:
        task = self._task
        if task is None or (task.done() and not task.cancelled() and task.exception() is None):
            self._task = asyncio.create_task(self._deliver())
        elif task.done():  # left by what is no `Exception`, which `drain` raises
            self._drop()

    async def _deliver(self) -> None:
        try:
            while self._pending:
                handler, given = self._pending.popleft()
                try:
                    await given
                except Exception as error:
                    self._failed(handler, error)
        finally:
            self._drop()

    def _drop(self) -> None:
        """Nobody awaits what is left."""
        for _, given in self._pending:
            if asyncio.iscoroutine(given):
                given.close()
        self._pending.clear()

    def _failed(self, handler: EventHandler, error: Exception) -> None:
        name = cast('str', getattr(handler, '__qualname__', None) or type(handler).__qualname__)
        if self.report is not None:
            self.report(name, error)
        kind = f'{name} raised {type(error).__name__}'
        if kind in self.logged or len(self.logged) >= _MOST_LOGGED:
            return
        self.logged.add(kind)
        _LOG.error(
            'A function of on_cell_event raised, which ends nothing: %s. The next %s of it is not logged.',
            name,
            type(error).__name__,
            exc_info=error,
        )


_MOST_LOGGED: Final = 1_000
_LOG: Final = logging.getLogger('pydantic_ai_grail')
