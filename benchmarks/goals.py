"""What the project promises itself, held against what was measured."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from . import cases, growth
from .durable import Durable
from .growth import Growth
from .rates import Rates
from .results import Results, Row


@dataclass(frozen=True)
class Goal:
    """One promise."""

    sentence: str
    measured: str
    is_met: bool


def goals(results: Results) -> list[Goal]:
    """Those that what was measured can tell of."""
    return [
        *(() if results.rows is None else of_rows(results.rows)),
        *(() if results.characters is None else of_characters(results.characters)),
        *(() if results.durable is None else of_durable(results.durable)),
        *(() if results.growth is None else of_growth(results.growth)),
        *(() if results.rates is None else of_rates(results.rates)),
    ]


def at_most(sentence: str, value: float, most: float, *, unit: str = 'times') -> Goal:
    return Goal(sentence, f'{value:.2f} {unit}', value <= most)


def at_most_an_eighth(sentence: str, value: float) -> Goal:
    return Goal(sentence, f'1/{1 / value:.1f}' if value > 0 else 'nothing', value <= 1 / 8)


def of_rows(rows: Mapping[str, Row]) -> Iterator[Goal]:
    for title, most in [(cases.ONE_CELL, 1.4), (cases.FIVE, 1.4), (cases.IN_A_LOOP, 1.2), (cases.IN_A_GATHER, 1.15)]:
        yield at_most(f'{title}: adds at most {most:g} times what the floor adds', rows[title].against('floor'), most)
    at_once = rows[cases.MANY_RUNS]
    rate = at_once.median('floor') / at_once.median('ours')
    yield Goal(f"{cases.MANY_RUNS}: at least 0.8 of the floor's rate", f'{rate:.2f}', rate >= 0.8)
    for title in (cases.LATER_TURN, cases.LATER_TURN_IN_SQLITE):
        yield at_most(f'{title}: adds at most 0.7 times what the peer adds', rows[title].against('peer'), 0.7)
    one, many_tools = rows[cases.ONE_CELL], rows[cases.MANY_TOOLS]
    added = many_tools.overhead('ours') - one.overhead('ours')
    yield at_most('200 tools instead of 10 add at most 1 ms', added, 1, unit='ms')
    slower = [row.title for row in rows.values() if row.median('ours') > row.median('peer')]
    yield Goal('No row slower than the peer', ', '.join(slower) or 'none', not slower)
    in_sqlite = rows[cases.ONE_CELL_IN_SQLITE].against('floor')
    yield at_most('One cell with everything in SQLite: adds at most 1.6 times what the floor adds', in_sqlite, 1.6)
    yield at_most_an_eighth('A run adds at most 1/8 of what the peer adds to the plain agent', one.against('peer'))
    peers = at_once.median('peer') / at_once.median('ours')
    most = at_once.median('peer') / at_once.median('plain')
    told = f'{peers:.1f} times; the plain agent: {most:.1f} times'
    yield Goal(f'{cases.MANY_RUNS}: at least 4 times the rate of the peer', told, peers >= 4)
    later = rows[cases.LATER_TURN].against('peer')
    yield at_most_an_eighth('A later turn adds at most 1/8 of what the peer adds', later)


def of_characters(characters: Mapping[int, Mapping[str, int]]) -> Iterator[Goal]:
    longer = [size for size, counts in characters.items() if counts['ours'] >= counts['peer']]
    yield Goal('Fewer characters of description, at every size', f'longer at {longer}' if longer else 'yes', not longer)


def of_durable(durable: Durable) -> Iterator[Goal]:
    in_sqlite = next(price for price in durable.prices if price.name == 'SQLite, `call`')
    yield at_most(
        'A call that is written down in SQLite: at most 1.5 times one in memory', in_sqlite.against_memory, 1.5
    )
    going_on = statistics.median(durable.going_on_ms)
    sentence = 'From an approval to the approved call in a fresh process at most 25 ms, imports aside'
    yield Goal(sentence, f'{going_on:.0f} ms', going_on <= 25)


def of_growth(measured: Growth) -> Iterator[Goal]:
    kinds = {growth.CELLS_WITH_NEW_NAMES: 'new names', growth.CELLS_WITH_THE_SAME_NAMES: 'the same names'}
    for what, names in kinds.items():
        for size, most in [('cell 100', 1.3), ('cell 400', 2.0)]:
            sentence = (
                f'The {size[5:]}th cell of a conversation, {names}: adds at most {most:g} times what the 10th adds'
            )
            yield at_most(sentence, measured.against_smallest(what, size), most)
    thousand = measured.against_smallest(growth.TOOLS, '1,000 tools')
    yield at_most('A step with 1,000 tools adds at most 1.2 times what one with 10 adds', thousand, 1.2)
    for size in ('1 MB', '10 MB'):
        sentence = (
            f'A cell that changes nothing of a state of {size} adds at most 1.2 times what one with a small state adds'
        )
        yield at_most(sentence, measured.against_smallest(growth.UNCHANGED, size), 1.2)


def of_rates(rates: Rates) -> Iterator[Goal]:
    rate = rates[8]['ours alone'].median
    sentence = 'At least 1,000 small checked cells a second, 8 conversations at once, without Pydantic AI around them'
    yield Goal(sentence, f'{rate:,.0f}', rate >= 1000)
