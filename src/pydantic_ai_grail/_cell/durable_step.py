"""A cell as one step of a durable workflow.

DBOS runs the code of a workflow again when it recovers it, and gives it the recorded results of its steps, which it tells
apart by their number. A resumed cell does not make the calls again that it has made: if those were steps, the next
ones would get their numbers, and with them their results. So the whole cell is the step. What it did is answered from its
journal while it is under way, and by DBOS once it has ended. Inside a step, steps are plain functions.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic_ai.exceptions import UserError
from pydantic_ai.messages import CapabilityEvent, CustomEvent, UserContent
from pydantic_ai.tools import RunContext
from pydantic_ai.usage import RunUsage

from ..errors import StoreError

if TYPE_CHECKING:
    from dbos import DBOS

_T = TypeVar('_T')
_ATTEMPTS: Final = 9
_CLAIMS_PER_ATTEMPT: Final = 1 / 6


@dataclass(frozen=True, slots=True, kw_only=True)
class CellReply:
    """What is reported of a cell. DBOS keeps it as a pickle: what it is made of must stay where it is."""

    value: Any = None
    error: str | None = None
    """What the model reads in place of a value."""
    content: Sequence[UserContent] = ()
    metadata: dict[str, Any] | None = None
    waits: dict[str, Any] | None = None
    """What the requests say of a cell that waits."""
    requests_again: bool = False
    """Whether the decisions on it are asked for with the next request of the run."""
    failures: int = 0
    """Cells that failed in a row, with this one."""
    effects: StepEffects | None = None
    """What its tools did to the run beside returning something, if that is yet to be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEffects:
    """What a step has to say of itself to the run: it must not reach out for it, since it may be a recorded one."""

    usage: RunUsage
    messages: Sequence[Any]
    """From `ctx.enqueue`."""
    events: Sequence[CustomEvent]
    """From `ctx.emit`."""


@dataclass(kw_only=True)
class StepContext(RunContext[Any]):
    """A run context whose messages and events are kept for the end of the step."""

    events: list[CustomEvent] = field(default_factory=list[CustomEvent])

    @classmethod
    def of(cls, ctx: RunContext[Any]) -> StepContext:
        values: dict[str, Any] = {each.name: getattr(ctx, each.name) for each in fields(ctx) if each.init}
        values['pending_messages'] = []
        return cls(**values)

    async def emit(self, event: Any, /) -> Any:
        if isinstance(event, CapabilityEvent):
            raise UserError('A tool that is called from code in a DBOS workflow cannot emit a CapabilityEvent.')
        event.tool_call_id = event.tool_call_id or self.tool_call_id
        event.tool_name = event.tool_name or self.tool_name
        self.events.append(event)
        return event

    def effects(self, spent_before: RunUsage) -> StepEffects:
        return StepEffects(
            usage=self.usage - spent_before, messages=list(self.pending_messages or ()), events=[*self.events]
        )


async def pass_on(effects: StepEffects, ctx: RunContext[Any], *, spent_before: RunUsage) -> None:
    """Give the run what a step has done to it, whether it ran just now or its result is a recorded one."""
    if ctx.usage == spent_before:  # a recorded one; its tools did not run here
        ctx.usage.incr(effects.usage)
    if ctx.pending_messages is not None:
        ctx.pending_messages.extend(effects.messages)
    for event in effects.events:
        await ctx.emit(event)


def is_in_workflow() -> bool:
    """Whether this runs in a DBOS workflow, outside of its steps."""
    dbos = _dbos()
    return dbos is not None and dbos.workflow_id is not None and dbos.step_id is None


def refuse_temporal() -> None:
    """In the code of a Temporal workflow a cell would hang.

    Raises:
        UserError: When this is such code.
    """
    if 'temporalio' not in sys.modules:
        return
    from temporalio import workflow

    if workflow.in_workflow():
        raise UserError(
            'Cells cannot run in a Temporal workflow, which may start no process and read no store. Run the whole agent '
            'in an activity of yours.'
        )


async def as_step(name: str, work: Callable[[], Awaitable[_T]], *, claim_seconds: float) -> _T:
    """Do some work as one step of the workflow that this runs in; once it was done, its result is the recorded one.

    Where the store fails, or another process still has the cell, it is tried again until a claim of a process that is
    gone must have ended. Without that the workflow would have failed for good.
    """
    dbos = _dbos()
    assert dbos is not None, 'there is a workflow'

    async def step() -> _T:
        return await work()

    return await dbos.run_step_async(
        {
            'name': name,
            'retries_allowed': True,
            'max_attempts': _ATTEMPTS,
            'interval_seconds': claim_seconds * _CLAIMS_PER_ATTEMPT,
            'backoff_rate': 1,
            'should_retry': lambda error: isinstance(error, StoreError),
        },
        step,
    )


def _dbos() -> type[DBOS] | None:
    if 'dbos' not in sys.modules:
        return None  # without it there is no workflow either
    from dbos import DBOS

    return DBOS
