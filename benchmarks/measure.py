"""The stopwatch: contenders take turns, round by round, so that whatever else the machine does falls on all alike."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from time import perf_counter, process_time
from typing import Any

from pydantic_ai import AgentRunResult
from pydantic_ai.messages import ToolReturnPart

from .cases import Case

WARM_UP_ROUNDS = 3


@dataclass(frozen=True)
class Times:
    """What one contender took in one case, in milliseconds, sorted."""

    samples: tuple[float, ...]
    processor: tuple[float, ...] = ()
    """Processor time of this process alone, all its threads together: what other work on the machine changes less."""

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    @property
    def processor_median(self) -> float:
        return statistics.median(self.processor)

    @property
    def noise(self) -> float:
        """Half the span between the quartiles, as a part of the median."""
        lower, _, upper = statistics.quantiles(self.samples, n=4)
        return (upper - lower) / 2 / self.median


@dataclass
class Stopwatch:
    """Collects samples of time on the wall and of the processor."""

    walls: list[float] = field(default_factory=list[float])
    processor: list[float] = field(default_factory=list[float])
    _began: tuple[float, float] = (0.0, 0.0)

    def start(self) -> None:
        self._began = perf_counter(), process_time()

    def stop(self) -> None:
        wall, processor = self._began
        self.walls.append((perf_counter() - wall) * 1000)
        self.processor.append((process_time() - processor) * 1000)

    def times(self) -> Times:
        return Times(tuple(sorted(self.walls)), tuple(sorted(self.processor)))


def ratio(part: float, whole: float) -> float:
    """One as a part of the other; where the other is nothing, nobody can be compared with it."""
    return part / whole if whole > 0 else float('inf')


class WrongAnswer(Exception):
    """A contender failed at what was to be timed, so its time means nothing."""


async def measure(case: Case, *, rounds: int) -> dict[str, Times]:
    """The times of each contender, by its name."""
    runs = [(contender, await case.prepare(contender)) for contender in case.contenders]
    watches = {contender.name: Stopwatch() for contender, _ in runs}
    for number in range(WARM_UP_ROUNDS + rounds):
        for contender, run in rotated(runs, number):
            watch = watches[contender.name] if number >= WARM_UP_ROUNDS else Stopwatch()
            gc.collect()
            watch.start()
            results = await run()
            watch.stop()
            look_at(results, contender.name)
    return {name: watch.times() for name, watch in watches.items()}


def rotated(items: Sequence[Any], number: int) -> Iterable[Any]:
    """Nobody is always the one who runs after the peer."""
    shift = number % len(items)
    return [*items[shift:], *items[:shift]]


def look_at(results: Sequence[AgentRunResult[str]], name: str) -> None:
    """Make sure that what was timed also happened.

    Raises:
        WrongAnswer: When a tool call of a run did not succeed, or none was made.
    """
    for result in results:
        parts = [part for message in result.new_messages() for part in message.parts]
        returns = [part for part in parts if isinstance(part, ToolReturnPart)]
        if not returns or any(part.outcome != 'success' for part in returns):
            raise WrongAnswer(f'{name}: {returns}')
