"""How many small checked cells a second one process does, for some conversations at once.

Once in agents, once without Pydantic AI around the cells: then the benchmark drives our engine, and the floor's session, by
itself. A cell is prepared, checked, run and its state dumped and stored, as with an agent; it makes no call, and there are no
messages, no model, no journal of calls and no span.
"""

from __future__ import annotations

import gc
import statistics
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from time import perf_counter
from typing import Any, Final, TypeAlias

import anyio
from pydantic_ai import FunctionToolset, RunContext
from pydantic_ai.models.test import TestModel
from pydantic_ai.tool_manager import ToolManager
from pydantic_ai.usage import RunUsage, UsageLimits

from pydantic_ai_grail import CodeMode
from pydantic_ai_grail._catalog.catalog import build_catalog
from pydantic_ai_grail._cell.engine import Engine
from pydantic_ai_grail._run.pipeline import CellTools, call_pipeline
from pydantic_ai_grail._run.run_cell import Surroundings, run_cell
from pydantic_ai_grail.events.cell_events import Event
from pydantic_ai_grail.events.outcomes import Completed
from pydantic_ai_grail.stores.base import ConversationKey

from .contenders import FLOOR, OURS, Contender
from .floor import PROCESS, FloorSession
from .floor_stores import InMemory
from .measure import WrongAnswer, look_at, rotated
from .script import Step
from .tools import stubs, tools

AT_ONCE: Final = (1, 8, 32)
CELL: Final = 'total = sum(range(NUMBER))\ntotal'
Conversation: TypeAlias = Callable[[int], Awaitable[None]]
"""Plays a new conversation of so many cells."""


@dataclass(frozen=True)
class Rate:
    """Cells a second of one way, for so many conversations at once, sorted."""

    samples: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.samples)


Rates: TypeAlias = Mapping[int, Mapping[str, Rate]]
"""By the number of conversations, and by the name of the way."""
WAYS: Final = ('floor', 'ours', 'floor alone', 'ours alone')


def cell(number: int) -> str:
    return CELL.replace('NUMBER', str(number))


def in_agents(contender: Contender, length: int) -> Conversation:
    """A run of an agent with ten tools."""
    agent = contender.agent(tools(10), [Step(cell(number)) for number in range(length)])

    async def play(cells: int) -> None:
        look_at([await agent.run('Go.', usage_limits=UsageLimits(request_limit=None))], contender.name)

    return play


async def floor_alone() -> Conversation:
    """The floor's session by itself."""
    package, numbers = PROCESS.checker.add(stubs(tools(10))), count()

    async def play(cells: int) -> None:
        session = FloorSession(package=package, store=InMemory(), conversation=str(next(numbers)))
        try:
            for number in range(cells):
                value, _ = await session.run(cell(number), {})
                expect(value, number)
        finally:
            await session.aclose()

    return play


async def ours_alone() -> Conversation:
    """Our engine by itself: what a toolset does around it is left out."""
    toolset: FunctionToolset[Any] = FunctionToolset(tools(10))
    ctx: RunContext[Any] = RunContext(deps=None, model=TestModel(), usage=RunUsage())
    inside = await toolset.get_tools(ctx)
    engine, catalog, numbers = Engine(CodeMode[Any]().settings), build_catalog(inside, root=toolset), count()
    cell_tools = CellTools(catalog=catalog, manager=ToolManager(toolset=toolset, ctx=ctx, tools=inside))

    async def play(cells: int) -> None:
        run = engine.new_run(ConversationKey('', f'rate-{next(numbers)}'), None, from_client=False)
        try:
            for number in range(cells):
                source, cell_id = cell(number), f'cell-{number}'
                state = await run.session.locate([], is_compacted=False, not_after=None)
                saver = run.state_saver(cell_id, source, ignore, tool_call_id=cell_id)
                ended = await run_cell(
                    source,
                    Surroundings(
                        history=await run.history_of(state),
                        calls=call_pipeline(cell_id, cell_tools, max_tool_calls=100, observe=ignore),
                        check=engine.check(catalog, inside),
                        support=engine.support,
                        worker=lambda: engine.worker(run.session, catalog),
                        keep=saver.keep,
                        host=engine.settings.host,
                        limits=engine.settings.limits,
                        observe=ignore,
                    ),
                )
                expect(ended.value if isinstance(ended, Completed) else ended, number)
        finally:
            await run.aclose()

    return play


def ignore(event: Event) -> None:
    pass


def expect(value: Any, number: int) -> None:
    """Raise a `WrongAnswer` where a cell gave another value than CPython."""
    if value != sum(range(number)):
        raise WrongAnswer(f'{cell(number)!r} gave {value!r}')


async def rates(*, rounds: int, at_once: Sequence[int] = AT_ONCE, in_agent: int = 10, alone: int = 30) -> Rates:
    """Measure them, with conversations of so many cells."""
    ways = [
        ('floor', in_agents(FLOOR, in_agent), in_agent),
        ('ours', in_agents(OURS, in_agent), in_agent),
        ('floor alone', await floor_alone(), alone),
        ('ours alone', await ours_alone(), alone),
    ]
    return {number: await rates_of(ways, at_once=number, rounds=rounds) for number in at_once}


async def rates_of(ways: Sequence[tuple[str, Conversation, int]], *, at_once: int, rounds: int) -> dict[str, Rate]:
    """All ways, in turns."""
    samples: dict[str, list[float]] = {name: [] for name, _, _ in ways}
    for number in range(rounds + 1):
        for name, play, cells in rotated(ways, number):
            gc.collect()
            started = perf_counter()
            async with anyio.create_task_group() as group:
                for _ in range(at_once):
                    group.start_soon(play, cells)
            if number:
                samples[name].append(at_once * cells / (perf_counter() - started))
    return {name: Rate(tuple(sorted(values))) for name, values in samples.items()}
