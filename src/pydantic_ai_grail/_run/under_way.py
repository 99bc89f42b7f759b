"""How many tasks a program has under way, which of them may be ended, and the wait for them. It must not know what they do."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, TypeVarTuple

import anyio
from anyio.abc import TaskGroup

Ts = TypeVarTuple('Ts')


@dataclass(slots=True, kw_only=True)
class UnderWay:
    """The calls and sleeps that a program has started. Lifetime: the program's."""

    stack: AsyncExitStack
    """Left when the program has ended; then all tasks have come to their end."""
    running: int = 0
    run_ending: BaseException | None = None
    """What one of them met that must end the agent's run."""
    _tasks: TaskGroup | None = None
    """Opened for the first one: many cells make no calls."""
    _harmless: set[anyio.CancelScope] = field(default_factory=set[anyio.CancelScope])
    """Those of the sleeps, and of the calls that change nothing."""
    _changed: anyio.Event | None = None
    """Set when one ends, if somebody waits for that."""

    async def start(self, task: Callable[[*Ts], Coroutine[Any, Any, None]], *args: *Ts) -> None:
        """Start a task, which says with `end` that it has ended. It must raise nothing but its own cancellation."""
        if self._tasks is None:
            self._tasks = await self.stack.enter_async_context(anyio.create_task_group())
        self.running += 1
        self._tasks.start_soon(task, *args)

    def end(self, scope: anyio.CancelScope | None) -> None:
        """A task has ended; `scope` is what `harmless` gave it."""
        if scope is not None:
            self._harmless.discard(scope)
        self.running -= 1
        if self._changed is not None:
            self._changed.set()
            self._changed = None

    def harmless(self) -> anyio.CancelScope:
        """A scope for what changes nothing."""
        scope = anyio.CancelScope()
        self._harmless.add(scope)
        return scope

    def cancel_harmless(self) -> None:
        """End what changes nothing."""
        for scope in self._harmless:
            scope.cancel()

    async def until_changed(self) -> None:
        """Wait until a task ends."""
        if self._changed is None:
            self._changed = anyio.Event()
        await self._changed.wait()

    async def until_idle(self) -> None:
        """Wait until no task runs, or one has met what ends the agent's run."""
        while self.running and self.run_ending is None:
            await self.until_changed()
