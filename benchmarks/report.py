"""Results as tables: for the terminal, and as the page of the documentation."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Iterator, Sequence
from datetime import date
from importlib.metadata import version

from rich.console import Console
from rich.table import Table

from .results import Results

TIMES = ['milliseconds', 'plain', 'peer', 'ours', 'ours / peer', 'peer adds', 'ours adds', 'ours / peer', 'noise']
CHARACTERS = ['tools', 'peer', 'ours', 'ours / peer']
GOALS = ['goal', 'measured', 'met']
DURABLE = ['what', 'measured', 'against memory']
DURABLE_PREFACE = """\
A nested call in a loop of fifty. Its journal is stored before the call begins and after it ended (`call`), or at the end of
the cell (`cell`). The time from an approval to the approved call starts at `agent.run` with the decision, in a fresh interpreter
that has imported everything and has no worker yet.
"""

PREFACE = """\
# Benchmarks

What the framework costs beside the model and the tools. The model is scripted and answers at once; tools return at once.
`make bench` measures again and writes this page.

| contender | what it is |
|---|---|
| *plain* | an agent without code mode that makes the same calls directly (50 calls in one response) |
| *peer* | `pydantic_ai_harness.CodeMode` |
| *ours* | this package with its defaults: it checks every cell and takes a snapshot after it |

All have the same tools. Both code modes run the same code. Runs follow one another in one process; the contenders take
turns, round by round. Times are medians of {rounds} rounds, after warm-up. *Adds* is what is over the plain agent. *Noise* is half
the span between the quartiles as a part of the median, the largest of the row. A later turn is the second of a
conversation: its code reads a variable of the first. Both keep that state in memory, or both in a SQLite file.

Times are those of one machine. Read the ratios. Measured on {day} with `{command}`: {versions}. The load average was
{load:.1f} when it began.
"""


def time_rows(results: Results) -> Iterator[list[str]]:
    for row in results.rows.values():
        noise = max(times.noise for times in row.times.values())
        yield [
            row.title,
            *(f'{row.median(name):,.1f}' for name in ('plain', 'peer', 'ours')),
            f'{row.ratio:.2f}',
            *(f'{row.overhead(name):,.1f}' for name in ('peer', 'ours')),
            f'{row.overhead_ratio:.2f}',
            f'± {noise:.0%}',
        ]


def character_rows(results: Results) -> Iterator[list[str]]:
    for size, counts in results.characters.items():
        peer, ours = counts['peer'], counts['ours']
        yield [str(size), f'{peer:,}', f'{ours:,}', f'{ours / peer:.2f}']


def durable_rows(results: Results) -> Iterator[list[str]]:
    for price in results.durable.prices:
        yield [f'a call, {price.name}', f'{price.call_ms:.2f} ms', f'{price.against_memory:.1f}']
    yield ['from an approval to the approved call', f'{statistics.median(results.durable.going_on_ms):.0f} ms', '']
    yield ['a cell that waits, in the store', f'{results.durable.waiting_bytes:,} bytes', '']


def goal_rows(results: Results) -> Iterator[list[str]]:
    for goal in results.goals():
        yield [goal.sentence, goal.measured, 'yes' if goal.is_met else 'no']


def versions() -> str:
    names = ['pydantic-ai-grail', 'pydantic-ai-slim', 'pydantic-ai-harness', 'pydantic-monty']
    packages = [f'{name} {version(name)}' for name in names]
    return ', '.join([*packages, f'Python {platform.python_version()}', f'{os.cpu_count()} cores'])


def show(results: Results, console: Console) -> None:
    """The tables on a terminal."""
    for title, head, rows in [
        ('Median of one run', TIMES, time_rows(results)),
        ('Characters of tool description', CHARACTERS, character_rows(results)),
        ('A call, and going on', DURABLE, durable_rows(results)),
        ('Goals', GOALS, goal_rows(results)),
    ]:
        table = Table(title=title, title_justify='left')
        for number, name in enumerate(head):
            table.add_column(name, justify='right' if number and head is not GOALS else 'left')
        for row in rows:
            table.add_row(*row)
        console.print(table)
    console.print(versions())


def markdown(results: Results, *, rounds: int, load: float, command: str = 'make bench') -> str:
    """The page of the documentation.

    Args:
        results: What was measured.
        rounds: How often.
        load: How busy the machine was with other things, as a load average.
        command: How to measure again.
    """
    day = date.today().isoformat()
    preface = PREFACE.format(rounds=rounds, command=command, day=day, versions=versions(), load=load)
    return '\n'.join(
        [
            preface,
            '## Times\n',
            *pipe_table(TIMES, list(time_rows(results))),
            '\n## Characters of tool description\n',
            *pipe_table(CHARACTERS, list(character_rows(results))),
            '\n## Calls in the journal, cells that wait\n',
            DURABLE_PREFACE,
            *pipe_table(DURABLE, list(durable_rows(results))),
            '\n## Goals\n',
            *pipe_table(GOALS, list(goal_rows(results))),
            '',
        ]
    )


def pipe_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f'| {" | ".join(head)} |'
    yield '|---' * len(head) + '|'
    for row in rows:
        yield f'| {" | ".join(row)} |'
