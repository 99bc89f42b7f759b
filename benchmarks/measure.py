"""The stopwatch: contenders take turns, round by round, so that whatever else the machine does falls on all alike."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from pydantic_ai import AgentRunResult
from pydantic_ai.messages import ToolReturnPart

from .cases import Case
from .contenders import Contender

WARM_UP_ROUNDS = 3


@dataclass(frozen=True)
class Times:
    """What one contender took in one case, in milliseconds, sorted."""

    samples: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    @property
    def best(self) -> float:
        return self.samples[0]

    @property
    def noise(self) -> float:
        """Half the span between the quartiles, as a part of the median."""
        lower, _, upper = statistics.quantiles(self.samples, n=4)
        return (upper - lower) / 2 / self.median


class WrongAnswer(Exception):
    """A contender failed at what was to be timed, so its time means nothing."""


async def measure(case: Case, *, rounds: int) -> dict[str, Times]:
    """The times of each contender, by its name."""
    runs = [(contender, await case.prepare(contender)) for contender in case.contenders]
    samples: dict[str, list[float]] = {contender.name: [] for contender, _ in runs}
    for number in range(WARM_UP_ROUNDS + rounds):
        for contender, run in rotated(runs, number):
            gc.collect()
            start = perf_counter()
            results = await run()
            seconds = perf_counter() - start
            look_at(results, contender)
            if number >= WARM_UP_ROUNDS:
                samples[contender.name].append(seconds * 1000)
    return {name: Times(tuple(sorted(values))) for name, values in samples.items()}


def rotated(items: Sequence[Any], number: int) -> Iterable[Any]:
    """Nobody is always the one who runs after the peer."""
    shift = number % len(items)
    return [*items[shift:], *items[:shift]]


def look_at(results: Sequence[AgentRunResult[str]], contender: Contender) -> None:
    """Make sure that what was timed also happened.

    Raises:
        WrongAnswer: When a tool call of a run did not succeed, or none was made.
    """
    for result in results:
        parts = [part for message in result.new_messages() for part in message.parts]
        returns = [part for part in parts if isinstance(part, ToolReturnPart)]
        if not returns or any(part.outcome != 'success' for part in returns):
            raise WrongAnswer(f'{contender.name}: {returns}')
