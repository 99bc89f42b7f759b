"""What a cell costs as its conversation, its history, its tools or its state grow.

A run plays many cells, and a clock that stands still while the model answers takes each step of it apart: from one
response to the next request. So what the hundredth cell of a conversation costs is read off one run, near that cell.
"""

from __future__ import annotations

import gc
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from pydantic_ai import AgentRunResult
from pydantic_ai.usage import UsageLimits

from .contenders import FLOOR, OURS, PLAIN, Contender
from .measure import Stopwatch, Times, look_at, ratio, rotated
from .script import Clock, Step
from .tools import tools

CONTENDERS: Final = (PLAIN, FLOOR, OURS)
UNLIMITED: Final = UsageLimits(request_limit=None)

CELLS_WITH_NEW_NAMES: Final = 'a cell of a conversation, new names in each'
CELLS_WITH_THE_SAME_NAMES: Final = 'a cell of a conversation, the same names in each'
HISTORIES: Final = 'a turn of one cell, by the history before it'
TOOLS: Final = 'a step, by the number of tools'
UNCHANGED: Final = 'a cell that changes nothing, by the state'
CHANGED: Final = 'a cell that changes the state'


@dataclass(frozen=True)
class Stretch:
    """The steps of a run that stand for one size."""

    size: str
    first: int
    """The first step counts as 1; what comes before the first request of the run is 0."""
    last: int


@dataclass(frozen=True)
class GrowthCase:
    """One run that is measured at one or more sizes."""

    what: str
    steps: Sequence[Step]
    stretches: Sequence[Stretch]
    before: Sequence[Step] = ()
    """The cells of an earlier turn, played once."""
    number_of_tools: int = 10
    is_long: bool = False
    """Two runs are enough, and its first cells are warm-up enough."""


@dataclass(frozen=True)
class Grown:
    """A line of the table: what one step, or one turn, took at one size."""

    what: str
    size: str
    times: Mapping[str, Times]

    def added(self, name: str) -> float:
        """Milliseconds over the plain agent."""
        return self.times[name].median - self.times['plain'].median

    @property
    def noise(self) -> float:
        """The largest of the contenders'."""
        return max(times.noise for times in self.times.values())


@dataclass(frozen=True)
class Growth:
    """All lines."""

    lines: Sequence[Grown]

    def line(self, what: str, size: str) -> Grown:
        return next(line for line in self.lines if (line.what, line.size) == (what, size))

    def against_smallest(self, what: str, size: str) -> float:
        """What we add at one size, as a part of what we add at the smallest."""
        smallest = next(line for line in self.lines if line.what == what)
        return ratio(self.line(what, size).added('ours'), smallest.added('ours'))


def call(code: str, number: int) -> Step:
    """A step with one call, which `code` makes as `await get_order(id=NUMBER)`."""
    return Step(code.replace('NUMBER', str(number)), [('get_order', {'id': number})])


def conversation(length: int, code: str) -> list[Step]:
    return [call(code, number) for number in range(1, length + 1)]


NEW_NAMES: Final = 'record_NUMBER = await get_order(id=NUMBER)\nrecord_NUMBER["name"]'
SAME_NAMES: Final = 'record = await get_order(id=NUMBER)\nname = record["name"]\nname'
LOOKS: Final = 'record = await get_order(id=NUMBER)\nlen(rows)'
WRITES: Final = 'rows[NUMBER] = (await get_order(id=NUMBER))["name"]\nrows[NUMBER]'


def near(cell: int, *, longest: int) -> Stretch:
    """The cells around one, up to ten on each side."""
    reach = min(10, cell // 2)
    return Stretch(f'cell {cell:,}', cell - reach + 1, min(cell + reach, longest))


def growth_cases(
    *,
    lengths: Sequence[int] = (10, 100, 400),
    messages: Sequence[int] = (10, 100, 500),
    numbers_of_tools: Sequence[int] = (10, 200, 1000),
    megabytes: Sequence[float] = (0, 1, 10),
    repetitions: int = 12,
) -> Iterator[GrowthCase]:
    """All of them, at these sizes."""
    for what, code in [(CELLS_WITH_NEW_NAMES, NEW_NAMES), (CELLS_WITH_THE_SAME_NAMES, SAME_NAMES)]:
        longest = max(lengths)
        stretches = [near(cell, longest=longest) for cell in lengths]
        yield GrowthCase(what, conversation(longest, code), stretches, is_long=True)
    for number in messages:
        # a prompt and an answer, and two messages a cell
        earlier = conversation(max(1, number // 2 - 1), NEW_NAMES)
        whole = [Stretch(f'{number} messages', 0, 2)]
        yield GrowthCase(HISTORIES, [call('record_1["name"]', 1)], whole, before=earlier)
    for number in numbers_of_tools:
        steps = conversation(4, NEW_NAMES)
        yield GrowthCase(TOOLS, steps, [Stretch(f'{number:,} tools', 1, 4)], number_of_tools=number)
    for what, code in [(UNCHANGED, LOOKS), (CHANGED, WRITES)]:
        for size in megabytes:
            steps = [
                call(f'rows = {state(size)}\n(await get_order(id=NUMBER))["id"]', 1),
                *conversation(repetitions, code),
            ]
            title = f'{size:g} MB' if size else 'a small state'
            # the first one after it was made may still have to do with its making
            yield GrowthCase(what, steps, [Stretch(title, 3, repetitions + 1)], is_long=True)


def state(megabytes: float) -> str:
    """An expression for a list of texts of a thousand characters."""
    rows = int(megabytes * 1000)
    return f'[str(n) * {1000 // len(str(rows))} for n in range({rows}, {2 * rows})]' if rows else '[""] * 100'


Measured: TypeAlias = Callable[[], Awaitable[Stopwatch]]
Played: TypeAlias = Callable[[], Awaitable[AgentRunResult[str]]]


async def prepare(case: GrowthCase, contender: Contender) -> Measured:
    """What plays the run once and gives back a watch with a sample for each step."""
    watch = Stopwatch()
    play = await playing(case, contender, clock=Ticks(lambda: watch))

    async def run() -> Stopwatch:
        nonlocal watch
        watch = Stopwatch()
        watch.start()
        result = await play()
        watch.stop()
        look_at([result], contender.name)
        return watch

    return run


async def playing(case: GrowthCase, contender: Contender, clock: Clock | None = None) -> Played:
    """What plays the run; its earlier turn was played already."""
    turns = [case.before, case.steps] if case.before else [case.steps]
    agent = contender.agent(tools(case.number_of_tools), *turns, clock=clock)
    if not case.before:
        return lambda: agent.run('Go.', usage_limits=UNLIMITED)
    first = await agent.run('Go.', usage_limits=UNLIMITED)
    history, conversation = first.all_messages(), first.conversation_id
    return lambda: agent.run('Go on.', message_history=history, conversation_id=conversation, usage_limits=UNLIMITED)


async def play_once(case: GrowthCase, contender: Contender) -> AgentRunResult[str]:
    """The run, without a clock."""
    play = await playing(case, contender)
    return await play()


@dataclass(frozen=True)
class Ticks:
    """Tells of each request and response the watch of the run that is under way."""

    watch: Callable[[], Stopwatch]

    def stop(self) -> None:
        self.watch().stop()

    def start(self) -> None:
        self.watch().start()


async def grown(case: GrowthCase, *, rounds: int) -> list[Grown]:
    """The lines of a case, of so many runs of each contender."""
    runs = [(contender, await prepare(case, contender)) for contender in CONTENDERS]
    samples = {(contender.name, stretch.size): Stopwatch() for contender in CONTENDERS for stretch in case.stretches}
    warm_up, counted = (0, 2) if case.is_long else (1, rounds)
    for number in range(warm_up + counted):
        for contender, run in rotated(runs, number):
            gc.collect()
            watch = await run()
            for stretch in case.stretches if number >= warm_up else ():
                add(samples[contender.name, stretch.size], watch, stretch, is_whole=bool(case.before))
    return [
        Grown(case.what, size, {each.name: samples[each.name, size].times() for each in CONTENDERS})
        for size in (stretch.size for stretch in case.stretches)
    ]


def add(samples: Stopwatch, watch: Stopwatch, stretch: Stretch, *, is_whole: bool) -> None:
    """Take over the samples of a stretch, one by one or as one."""
    for of_all, of_run in [(samples.walls, watch.walls), (samples.processor, watch.processor)]:
        taken = of_run[stretch.first : stretch.last + 1]
        of_all += [sum(taken)] if is_whole else taken


async def growth(all_cases: Iterable[GrowthCase], *, rounds: int) -> Growth:
    """Measure them."""
    return Growth([line for case in all_cases for line in await grown(case, rounds=rounds)])
