"""The benchmarks measure contenders that do the same: each case gives every one of them the right results."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic_ai import AgentRunResult, Tool
from pydantic_ai.messages import ToolReturnPart

from benchmarks.cases import Case, cases
from benchmarks.contenders import FLOOR, ONE_FEED, OURS, PLAIN, Contender
from benchmarks.durable import LOOP, note, noting
from benchmarks.floor import PROCESS, Floor
from benchmarks.floor_stores import InSqlite
from benchmarks.growth import (
    CONTENDERS,
    Growth,
    GrowthCase,
    grown,
    growth_cases,
    play_once,
)
from benchmarks.rates import WAYS, rates
from benchmarks.script import FIFTY_CALLS, Step
from benchmarks.tools import tools

pytestmark = pytest.mark.anyio

TITLES = {
    'one cell, one call': ['number 7'],
    'five cells, one call each': [f'number {n}' for n in range(1, 6)],
    '50 calls in a loop': [50],
    '50 calls in a gather': [50],
    '200 tools, one call': ['number 7'],
    '100 runs at once': ['number 7'] * 100,
    'one cell, one call, SQLite': ['number 7'],
    'a later turn': [[f'number {n}' for n in range(10)]],
    'a later turn, SQLite': [[f'number {n}' for n in range(10)]],
}
"""What the cells of each case give."""


@pytest.fixture(autouse=True)
def process_closed() -> Iterator[None]:
    yield
    PROCESS.close()


def returned(results: Sequence[AgentRunResult[str]]) -> list[Any]:
    messages = [message for result in results for message in result.new_messages()]
    parts = [part for message in messages for part in message.parts]
    return [value_in(part.content) for part in parts if isinstance(part, ToolReturnPart)]


def value_in(content: Any) -> Any:
    """The value of a cell. We give it a name where there is more to tell, or where it is no text."""
    if not isinstance(content, dict):
        return content
    named = cast('dict[str, Any]', content)
    return named.get('result', named)


@pytest.mark.parametrize('title', TITLES)
async def test_in_each_case_all_code_modes_give_the_same(title: str, tmp_path: Path) -> None:
    case: Case = next(case for case in cases(tmp_path) if case.title == title)
    for contender in case.contenders:
        if contender.name not in ('plain', 'peer'):
            run = await case.prepare(contender)
            assert (contender.name, returned(await run())) == (contender.name, TITLES[title])


async def test_the_plain_agent_makes_the_calls_of_the_cells(tmp_path: Path) -> None:
    for case in cases(tmp_path):
        if case.title == '50 calls in a loop':
            run = await case.prepare(PLAIN)
            assert len(returned(await run())) == len(FIFTY_CALLS)


@pytest.mark.parametrize('has_file', [False, True])
async def test_the_floor_makes_the_calls_whose_price_is_measured(has_file: bool, tmp_path: Path) -> None:
    path = tmp_path / 'floor.db'
    floor = Floor([Tool(note)], InSqlite(path) if has_file else None)
    result = await noting(floor, f'{LOOP}\nawait note(n=50)').run('Go.')
    assert returned([result]) == ['noted 50']
    if has_file:
        with closing(sqlite3.connect(path)) as connection:
            counts = connection.execute("SELECT count(*), sum(what = 'result') FROM calls").fetchone()
        assert counts == (102, 51)


@pytest.mark.parametrize('contender', [FLOOR, ONE_FEED], ids=lambda each: each.name)
async def test_the_floor_checks_a_cell_below_the_earlier_ones(contender: Contender) -> None:
    steps = [
        Step('record = await get_order(id=7)'),
        Step('print(record["name"])\nrecord["nme"]'),
        Step('print(record["name"])\nlen(await search_order(query="blue", limit=2))'),
    ]
    messages = (await contender.agent(tools(10), steps).run('Go.')).new_messages()
    parts = [part for message in messages for part in message.parts]
    returns = [(part.outcome, part.content) for part in parts if isinstance(part, ToolReturnPart)]
    assert returns == [
        ('success', None),
        ('retried', 'Unknown key "nme" for TypedDict `Record` - did you mean "name"?'),
        ('success', {'output': 'number 7\n', 'result': 2}),
    ]


GROWTH_CASES = [
    *growth_cases(lengths=(2, 4), messages=(4, 8), numbers_of_tools=(10, 200), megabytes=(0, 0.01), repetitions=3)
]
"""All, at small sizes."""


@pytest.mark.parametrize('case', GROWTH_CASES, ids=lambda case: f'{case.what}, {case.stretches[0].size}')
async def test_each_case_that_grows_gives_the_same_to_the_floor_and_to_us(case: GrowthCase) -> None:
    floor, ours = [returned([await play_once(case, contender)]) for contender in (FLOOR, OURS)]
    assert floor == ours
    assert len(ours) == len(case.steps)


@pytest.mark.slow
async def test_growth_is_measured_at_each_size() -> None:
    lines = [line for case in GROWTH_CASES[:3] for line in await grown(case, rounds=2)]
    assert [line.size for line in lines] == ['cell 2', 'cell 4', 'cell 2', 'cell 4', '4 messages']
    names = {contender.name for contender in CONTENDERS}
    assert all(line.times.keys() == names for line in lines)
    assert all(len(times.samples) == len(times.processor) >= 2 for line in lines for times in line.times.values())
    assert Growth(lines).line('a turn of one cell, by the history before it', '4 messages') is lines[-1]


@pytest.mark.slow
async def test_rates_are_of_cells_that_gave_the_right_value() -> None:
    measured = await rates(rounds=1, at_once=(1, 3), in_agent=2, alone=3)
    assert list(measured) == [1, 3]
    assert all(tuple(ways) == WAYS and all(rate.median > 0 for rate in ways.values()) for ways in measured.values())
