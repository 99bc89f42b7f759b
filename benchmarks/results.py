"""What was measured, and what is to be read from it: ratios within one run of the benchmark, held against the goals."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .cases import AT_ONCE
from .durable import Durable
from .measure import Times


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

    @property
    def ratio(self) -> float:
        """Our time as a part of the peer's."""
        return self.median('ours') / self.median('peer')

    @property
    def overhead_ratio(self) -> float:
        """What we add to the plain agent, as a part of what the peer adds."""
        return self.overhead('ours') / self.overhead('peer')


@dataclass(frozen=True)
class Goal:
    """One thing the project promises itself."""

    sentence: str
    measured: str
    is_met: bool


@dataclass(frozen=True)
class Results:
    """All rows by title, and characters of description by number of tools and contender."""

    rows: Mapping[str, Row]
    characters: Mapping[int, Mapping[str, int]]
    durable: Durable

    def goals(self) -> list[Goal]:
        one, many_tools = self.rows['one cell, one call'], self.rows['200 tools, one call']
        added = {name: many_tools.overhead(name) - one.overhead(name) for name in ('peer', 'ours')}
        at_once = self.rows[f'{AT_ONCE} runs at once']
        rate, most = 1 / at_once.ratio, at_once.median('peer') / at_once.median('plain')
        later = self.rows['a later turn']
        slower = [row.title for row in self.rows.values() if row.ratio > 1]
        longer = [size for size, counts in self.characters.items() if counts['ours'] >= counts['peer']]
        return [
            at_most_an_eighth('A run adds at most 1/8 of what the peer adds to the plain agent', one.overhead_ratio),
            Goal(
                f'{AT_ONCE} runs at once: at least 4 times the rate of the peer',
                f'{rate:.1f} times; the plain agent: {most:.1f} times',
                rate >= 4,
            ),
            at_most_an_eighth('200 tools instead of 10 add at most 1/8 of that', added['ours'] / added['peer']),
            at_most_an_eighth('A later turn adds at most 1/8 of what the peer adds', later.overhead_ratio),
            Goal(
                'Fewer characters of description, at every size', f'longer at {longer}' if longer else 'yes', not longer
            ),
            Goal('No row slower than the peer', ', '.join(slower) or 'none', not slower),
            *self._durable_goals(),
        ]

    def _durable_goals(self) -> list[Goal]:
        in_sqlite = next(price for price in self.durable.prices if price.name == 'SQLite, `call`')
        going_on = statistics.median(self.durable.going_on_ms)
        times = f'{in_sqlite.against_memory:.1f} times'
        return [
            Goal(
                'A call that is written down in SQLite takes at most twice one in memory',
                times,
                in_sqlite.against_memory <= 2,
            ),
            Goal(
                'From an approval to the approved call in a fresh process at most 25 ms, imports aside',
                f'{going_on:.0f} ms',
                going_on <= 25,
            ),
        ]

    def as_json(self) -> dict[str, Any]:
        return {
            'milliseconds': {
                row.title: {name: list(times.samples) for name, times in row.times.items()}
                for row in self.rows.values()
            },
            'description_characters': {str(size): dict(counts) for size, counts in self.characters.items()},
            'call_milliseconds': {price.name: price.call_ms for price in self.durable.prices},
            'going_on_milliseconds': self.durable.going_on_ms,
            'waiting_bytes': self.durable.waiting_bytes,
            'goals': {goal.sentence: goal.is_met for goal in self.goals()},
        }


def at_most_an_eighth(sentence: str, value: float) -> Goal:
    return Goal(sentence, f'1/{1 / value:.1f}' if value > 0 else 'nothing', value <= 1 / 8)
