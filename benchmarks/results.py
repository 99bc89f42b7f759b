"""What was measured, and what is to be read from it: ratios within one run of the benchmark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .durable import Durable
from .growth import Growth
from .measure import Times, ratio
from .rates import Rates


@dataclass(frozen=True)
class Row:
    """One case, by contender."""

    title: str
    times: Mapping[str, Times]

    def median(self, name: str) -> float:
        return self.times[name].median

    def overhead(self, name: str) -> float:
        """Milliseconds over the plain agent."""
        return self.median(name) - self.median('plain')

    def processor_overhead(self, name: str) -> float:
        """Milliseconds of this process's processor time over the plain agent."""
        return self.times[name].processor_median - self.times['plain'].processor_median

    def against(self, name: str) -> float:
        """What we add to the plain agent, as a part of what another one adds."""
        return ratio(self.overhead('ours'), self.overhead(name))

    @property
    def noise(self) -> float:
        """The largest of the contenders'."""
        return max(times.noise for times in self.times.values())


@dataclass(frozen=True)
class Results:
    """All of it, or what was asked for: the others are `None`."""

    rows: Mapping[str, Row] | None = None
    """By title."""
    characters: Mapping[int, Mapping[str, int]] | None = None
    """Of description, by number of tools and contender."""
    durable: Durable | None = None
    growth: Growth | None = None
    rates: Rates | None = None

    def as_json(self) -> dict[str, Any]:
        """Every sample."""
        return {
            'times': {row.title: samples(row.times) for row in (self.rows or {}).values()},
            'description_characters': {str(size): dict(counts) for size, counts in (self.characters or {}).items()},
            'growth': [
                {'what': line.what, 'size': line.size, **samples(line.times)}
                for line in (self.growth.lines if self.growth else ())
            ],
            'cells_a_second': {
                str(number): {name: list(rate.samples) for name, rate in ways.items()}
                for number, ways in (self.rates or {}).items()
            },
            **({} if self.durable is None else self.durable.as_json()),
        }


def samples(times: Mapping[str, Times]) -> dict[str, Any]:
    return {
        name: {'milliseconds': list(each.samples), 'processor_milliseconds': list(each.processor)}
        for name, each in times.items()
    }
