"""Drives code through real workers, a real tool manager and real tools, without an agent around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai import RunContext, RunUsage, UsageLimits
from pydantic_ai.models.test import TestModel
from pydantic_ai.tool_manager import ToolManager
from pydantic_ai.toolsets import AbstractToolset, FunctionToolset

from pydantic_ai_grail._catalog.catalog import build_catalog
from pydantic_ai_grail._journal.pauses import Parked
from pydantic_ai_grail._monty.lent_worker import lend_worker
from pydantic_ai_grail._monty.stops import DoneStop, FailedStop
from pydantic_ai_grail._monty.worker import HostAccess
from pydantic_ai_grail._run.driver import drive
from pydantic_ai_grail._run.layers.binding import Answerer
from pydantic_ai_grail._run.pipeline import CallPipeline, CellTools, call_pipeline
from pydantic_ai_grail._run.prints import PrintCapture
from pydantic_ai_grail.events.calls import CallRecord
from pydantic_ai_grail.events.cell_events import Event
from pydantic_ai_grail.events.journal_entries import EMPTY_JOURNAL, JournalState
from pydantic_ai_grail.events.outcomes import Printed
from pydantic_ai_grail.limits import Limits


@dataclass
class Driven:
    """What became of a program."""

    ending: DoneStop | FailedStop | Parked
    calls: tuple[CallRecord, ...]
    printed: Printed
    events: list[Event] = field(default_factory=list[Event])

    @property
    def value(self) -> Any:
        assert isinstance(self.ending, DoneStop), self.ending
        return self.ending.value

    @property
    def error(self) -> str:
        assert isinstance(self.ending, FailedStop), self.ending
        return f'{self.ending.failure.exception_type}: {self.ending.failure.message}'


async def pipeline(
    *functions: Callable[..., Any],
    toolset: AbstractToolset[Any] | None = None,
    max_tool_calls: int = 100,
    usage_limits: UsageLimits | None = None,
    events: list[Event] | None = None,
    answerers: Mapping[str, Answerer] | None = None,
    scope: str = '',
    journaled: JournalState = EMPTY_JOURNAL,
) -> CallPipeline:
    """The pipeline of calls to these functions, or to a toolset."""
    chosen = toolset or FunctionToolset(list(functions))
    ctx = RunContext(deps=None, model=TestModel(), usage=RunUsage(), usage_limits=usage_limits)
    tools = await chosen.get_tools(ctx)
    seen = events if events is not None else []
    manager = ToolManager(toolset=chosen, ctx=ctx, tools=tools)
    return call_pipeline(
        'cell',
        CellTools(catalog=build_catalog(tools, root=chosen), manager=manager, answerers=answerers or {}),
        max_tool_calls=max_tool_calls,
        observe=seen.append,
        scope=scope,
        journaled=journaled,
    )


async def driven(
    source: str,
    *functions: Callable[..., Any],
    limits: Limits = Limits.DEFAULT,
    toolset: AbstractToolset[Any] | None = None,
    max_tool_calls: int = 100,
    usage_limits: UsageLimits | None = None,
) -> Driven:
    """Run a program whose names are these functions."""
    events: list[Event] = []
    calls = await pipeline(
        *functions, toolset=toolset, max_tool_calls=max_tool_calls, usage_limits=usage_limits, events=events
    )
    prints = PrintCapture(limits.max_print_chars)
    async with lend_worker(limits, host=HostAccess(), functions={}) as worker:
        ending = await drive(worker, source, calls=calls, prints=prints, host=HostAccess(), limits=limits)
    return Driven(ending, calls.progress.records.records, prints.printed, events)
