"""What a check costs as catalogs and sessions grow: `python -m benchmarks.checking`. Prints medians in milliseconds.

Measures preparing, checking and the checker together, on one warm process. Absolute times are this machine's; what may
be compared is how little they grow.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

from pydantic_ai import FunctionToolset, RunContext
from pydantic_ai.models.test import TestModel
from pydantic_ai.usage import RunUsage
from typing_extensions import TypedDict

from pydantic_ai_grail._catalog.catalog import build_catalog
from pydantic_ai_grail._catalog.entries import Catalog
from pydantic_ai_grail._monty.support import load_support
from pydantic_ai_grail._source.check import check
from pydantic_ai_grail._source.checkers import CHECKERS
from pydantic_ai_grail._source.history import History, PastCell
from pydantic_ai_grail._source.prepare import prepare
from pydantic_ai_grail._source.prepared import Prepared

ROUNDS = 100
CELL = """\
rows = await tool_3('open', limit=5)
for row in rows:
    print(row['title'])
ids = [row['id'] for row in await tool_4('closed')]
"""
LATER_CELL = """\
biggest = max(count_{last}, count_{middle})
[row['title'] for row in rows_{middle}]
"""
PAST_CELL = """\
rows_{n} = await tool_{tool}('page {n}')
for row in rows_{n}:
    print(row['title'])
count_{n} = len(rows_{n})
"""


class Record(TypedDict):
    id: int
    title: str
    tags: list[str]


async def catalog_of(count: int, *, budget_chars: int) -> Catalog:
    """A catalog of that many tools, flat or in modules as the budget says."""

    def tool(number: int) -> Callable[..., Any]:
        async def call(query: str, limit: int = 10) -> list[Record]:
            return []

        call.__name__ = f'tool_{number}'
        call.__doc__ = f'Tool number {number}.'
        return call

    toolset: FunctionToolset[Any] = FunctionToolset([tool(number) for number in range(count)])
    context: RunContext[Any] = RunContext(deps=None, model=TestModel(), usage=RunUsage())
    return build_catalog(await toolset.get_tools(context), root=toolset, budget_chars=budget_chars)


async def milliseconds(source: str, catalog: Catalog, history: History) -> float:
    """The median time to prepare and check a cell."""
    times: list[float] = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        prepared = prepare(source, catalog=catalog, bound=history.bound_names(), support=load_support())
        assert isinstance(prepared, Prepared)
        verdict = await check(prepared, original=source, catalog=catalog, history=history, checkers=CHECKERS)
        times.append((time.perf_counter() - started) * 1000)
        assert verdict.is_accepted
    return median(times)


def histories(lengths: tuple[int, ...]) -> Iterator[tuple[int, History]]:
    """The history of one session, each time it has one of these lengths."""
    history = History()
    for number in range(max(lengths)):
        source = PAST_CELL.format(n=number, tool=number % 7)
        history = history.after(PastCell(source=source, completed=True))
        if number + 1 in lengths:
            yield number + 1, history


async def main() -> None:
    """Measure and print."""
    for count in (10, 200, 1000):
        catalog = await catalog_of(count, budget_chars=10_000_000)
        print(f'{count:>5} tools: {await milliseconds(CELL, catalog, History()):.2f} ms')
    catalog = await catalog_of(10, budget_chars=10_000_000)
    for length, history in histories((1, 10, 100, 400)):
        source = LATER_CELL.format(last=length - 1, middle=length // 2)
        cost, size = await milliseconds(source, catalog, history), len(history.to_json())
        print(f'{length:>5} earlier cells: {cost:.2f} ms, {size / 1000:.1f} KB of history')
    CHECKERS.close()


if __name__ == '__main__':
    asyncio.run(main())
