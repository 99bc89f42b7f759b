"""Results as tables: for the terminal, and as the measured part of the documentation's page."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from .durable import Durable
from .goals import goals
from .growth import Growth
from .rates import WAYS, Rates
from .results import Results, Row, ratio

BEGIN: Final = '<!-- begin: measured -->\n'
END: Final = '<!-- end: measured -->'
CONTENDERS: Final = ('plain', 'floor', 'peer', 'ours')
MEASURED: Final = """\
Measured on {day} with `make bench`: {versions}. The load average was {load:.1f} when it began. Medians of {rounds} rounds
after warm-up; fewer for rows that take long.
"""


@dataclass(frozen=True)
class Section:
    """A heading, perhaps a paragraph, a table."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    text: str = ''


def sections(results: Results) -> Iterator[Section]:
    """All that was measured."""
    if results.rows is not None:
        rows = [*results.rows.values()]
        yield Section('Times', TIMES, [*map(time_row, rows)], TIMES_TEXT)
        yield Section('Processor time', PROCESSOR, [*map(processor_row, rows)], PROCESSOR_TEXT)
        one_feed = [one_feed_row(row) for row in rows if 'one feed' in row.times]
        yield Section('The floor as one feed', ONE_FEED, one_feed, ONE_FEED_TEXT)
    if results.growth is not None:
        yield Section('What grows', GROWTH, [*growth_rows(results.growth)], GROWTH_TEXT)
    if results.rates is not None:
        yield Section('Cells a second', RATES, [*rate_rows(results.rates)], RATES_TEXT)
    if results.characters is not None:
        counts = [(size, each['peer'], each['ours']) for size, each in results.characters.items()]
        characters = [[str(size), f'{peer:,}', f'{ours:,}', f'{ours / peer:.2f}'] for size, peer, ours in counts]
        yield Section('Characters of tool description', CHARACTERS, characters)
    if results.durable is not None:
        yield Section('Calls in the journal, cells that wait', DURABLE, [*durable_rows(results.durable)], DURABLE_TEXT)
    reached = [[goal.sentence, goal.measured, 'yes' if goal.is_met else 'no'] for goal in goals(results)]
    yield Section('Goals', ['goal', 'measured', 'met'], reached)


TIMES: Final = [
    *('milliseconds', *CONTENDERS, *(f'{name} adds' for name in CONTENDERS[1:])),
    *('ours / floor', 'ours / peer', 'noise'),
]
TIMES_TEXT: Final = 'Both ratios are of what is added to the plain agent.\n'


def time_row(row: Row) -> list[str]:
    return [
        row.title,
        *(f'{row.median(name):,.1f}' for name in CONTENDERS),
        *(f'{row.overhead(name):,.1f}' for name in CONTENDERS[1:]),
        *(shown(row.against(name)) for name in ('floor', 'peer')),
        f'± {row.noise:.0%}',
    ]


PROCESSOR: Final = ['milliseconds', *CONTENDERS, 'floor adds', 'ours adds', 'ours / floor']
PROCESSOR_TEXT: Final = """\
Of the Python process alone, all its threads together and without the sandbox's workers: what other work on a machine changes
less.
"""


def processor_row(row: Row) -> list[str]:
    floor, ours = row.processor_overhead('floor'), row.processor_overhead('ours')
    totals = (row.times[name].processor_median for name in CONTENDERS)
    return [
        row.title,
        *(f'{total:,.1f}' for total in totals),
        f'{floor:,.1f}',
        f'{ours:,.1f}',
        shown(ratio(ours, floor)),
    ]


ONE_FEED: Final = [
    'milliseconds over the plain agent',
    'floor',
    'as one feed',
    'ours',
    'floor / one feed',
    'ours / one feed',
]
ONE_FEED_TEXT: Final = """\
Where a call is nothing at which a cell may have to stop, Monty can make all calls of a cell by itself, and awaits a single one
in place. No cell that waits for a decision can run like that.
"""


def one_feed_row(row: Row) -> list[str]:
    floor, one_feed, ours = (row.overhead(name) for name in ('floor', 'one feed', 'ours'))
    ratios = (ratio(floor, one_feed), ratio(ours, one_feed))
    return [row.title, f'{floor:,.1f}', f'{one_feed:,.1f}', f'{ours:,.1f}', *map(shown, ratios)]


GROWTH: Final = ['what', 'at', 'plain', 'floor adds', 'ours adds', 'ours / floor', 'ours / its first line', 'noise']
GROWTH_TEXT: Final = """\
Milliseconds. What the plain agent takes grows too, so that only what is added to it is compared: with the floor, and with what
we add ourselves at the smallest size.
"""


def growth_rows(growth: Growth) -> Iterator[list[str]]:
    before = ''
    for line in growth.lines:
        floor, ours = line.added('floor'), line.added('ours')
        yield [
            line.what if line.what != before else '',
            line.size,
            f'{line.times["plain"].median:,.1f}',
            f'{floor:,.1f}',
            f'{ours:,.1f}',
            shown(ratio(ours, floor)),
            shown(growth.against_smallest(line.what, line.size)) if line.what == before else '',
            f'± {line.noise:.0%}',
        ]
        before = line.what


RATES: Final = [
    'conversations at once',
    'floor',
    'ours',
    'ours / floor',
    'floor, no agent',
    'ours, no agent',
    'ours / floor',
]
RATES_TEXT: Final = """\
Small cells that are checked and whose state is dumped and stored, in one process. *No agent*: the benchmark drives our engine,
and the floor's session, by itself, without Pydantic AI around them.
"""


def rate_rows(rates: Rates) -> Iterator[list[str]]:
    for number, ways in rates.items():
        floor, ours, floor_alone, ours_alone = (ways[name].median for name in WAYS)
        yield [
            str(number),
            *(f'{floor:,.0f}', f'{ours:,.0f}', shown(ratio(ours, floor))),
            *(f'{floor_alone:,.0f}', f'{ours_alone:,.0f}', shown(ratio(ours_alone, floor_alone))),
        ]


CHARACTERS: Final = ['tools', 'peer', 'ours', 'ours / peer']
DURABLE: Final = ['what', 'measured', 'against memory', 'ours / floor', 'noise']
DURABLE_TEXT: Final = """\
A nested call in a loop of fifty. Its journal is stored before the call begins and after it ended (`call`), or at the end of
the cell (`cell`); the floor writes one row before and one after each call. The time from an approval to the approved call
starts at `agent.run` with the decision, in a fresh interpreter that has imported everything and has no worker yet.
"""


def durable_rows(durable: Durable) -> Iterator[list[str]]:
    for price in durable.prices:
        against = '' if price.against_floor is None else f'{price.against_floor:.1f}'
        kept = f'{price.against_memory:.1f}'
        yield [f'a call, {price.name}', f'{price.call_ms:.2f} ms', kept, against, f'± {price.noise:.0%}']
    yield ['from an approval to the approved call', f'{statistics.median(durable.going_on_ms):.0f} ms', '', '', '']
    yield ['a cell that waits, in the store', f'{durable.waiting_bytes:,} bytes', '', '', '']


def shown(value: float) -> str:
    """A ratio; a dash where there is nothing to compare with."""
    return f'{value:.2f}' if value < 1000 else '–'


def versions() -> str:
    names = ['pydantic-ai-grail', 'pydantic-ai-slim', 'pydantic-ai-harness', 'pydantic-monty']
    packages = [f'{name} {version(name)}' for name in names]
    return ', '.join([*packages, f'Python {platform.python_version()}', f'{os.cpu_count()} cores'])


def show(results: Results, console: Console) -> None:
    """The tables on a terminal."""
    for section in sections(results):
        table = Table(title=section.title, title_justify='left')
        for number, name in enumerate(section.head):
            table.add_column(name, justify='right' if number and section.title != 'Goals' else 'left')
        for row in section.rows:
            table.add_row(*row)
        console.print(table)
    console.print(versions())


def markdown(results: Results, *, rounds: int, load: float) -> str:
    """The measured part of the page.

    Args:
        results: What was measured.
        rounds: How often.
        load: How busy the machine was with other things, as a load average.
    """
    measured = MEASURED.format(day=date.today().isoformat(), versions=versions(), load=load, rounds=rounds)
    tables = ([f'## {each.title}\n', *filter(None, [each.text]), *pipe_table(each), ''] for each in sections(results))
    return '\n'.join([measured, *(line for table in tables for line in table)])


def pipe_table(section: Section) -> Iterator[str]:
    yield f'| {" | ".join(section.head)} |'
    yield '|---' * len(section.head) + '|'
    for row in section.rows:
        yield f'| {" | ".join(row)} |'


def write_into(page: Path, part: str) -> None:
    """Put the measured part into the page; what is written by hand around it stays.

    Raises:
        ValueError: When the page does not say where.
    """
    text = page.read_text('utf-8')
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(
            f'{page} needs one line {BEGIN.strip()!r} and one line {END!r}, with what is measured between them.'
        )
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f'{before}{BEGIN}\n{part}\n{END}{after}', 'utf-8')
