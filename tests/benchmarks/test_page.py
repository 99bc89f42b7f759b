"""What `make bench` writes into the documentation: the measured part, and nothing of what is written by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import cases
from benchmarks.durable import Durable, Price
from benchmarks.goals import goals
from benchmarks.growth import Grown, Growth, growth_cases
from benchmarks.measure import Times
from benchmarks.rates import WAYS, Rate
from benchmarks.report import BEGIN, END, markdown, write_into
from benchmarks.results import Results, Row

PAGE = Path(__file__).parents[2] / 'docs' / 'benchmarks.md'


def times(milliseconds: float) -> Times:
    return Times((milliseconds,) * 4, (milliseconds / 2,) * 4)


def all_results(*, ours: float) -> Results:
    """As if the floor added 10 ms, the peer 40, and we so much, everywhere."""
    took = {'plain': times(5), 'floor': times(15), 'one feed': times(10), 'peer': times(45), 'ours': times(5 + ours)}
    lines = [Grown(case.what, each.size, took) for case in growth_cases() for each in case.stretches]
    prices = [Price(name, (1.0,) * 4, (0.5,) * 4, 1.0) for name in ('memory', 'SQLite, `call`')]
    return Results(
        rows={case.title: Row(case.title, took) for case in cases.cases(Path())},
        characters={10: {'peer': 20, 'ours': 10}},
        durable=Durable(prices, [20.0], 3000),
        growth=Growth(lines),
        rates={number: dict.fromkeys(WAYS, Rate((1000.0,))) for number in (1, 8, 32)},
    )


def test_all_tables_can_be_written_and_the_text_by_hand_stays(tmp_path: Path) -> None:
    page = tmp_path / 'page.md'
    page.write_text(f'By hand.\n\n{BEGIN}old\n{END}\nBelow.\n')
    write_into(page, markdown(all_results(ours=12), rounds=3, load=0.5))
    text = page.read_text()
    assert text.startswith('By hand.\n')
    assert text.endswith('Below.\n')
    assert 'old' not in text
    headings = [line for line in text.splitlines() if line.startswith('## ')]
    assert headings == [
        '## Times',
        '## Processor time',
        '## The floor as one feed',
        '## What grows',
        '## Cells a second',
        '## Characters of tool description',
        '## Calls in the journal, cells that wait',
        '## Goals',
    ]
    assert '| one cell, one call | 5.0 | 15.0 | 45.0 | 17.0 | 10.0 | 40.0 | 12.0 | 1.20 | 0.30 | ± 0% |' in text
    assert '| a step, by the number of tools | 10 tools | 5.0 | 10.0 | 12.0 | 1.20 |  | ± 0% |' in text
    assert '|  | 1,000 tools | 5.0 | 10.0 | 12.0 | 1.20 | 1.00 | ± 0% |' in text


def test_a_page_that_does_not_say_where_is_left_as_it_is(tmp_path: Path) -> None:
    page = tmp_path / 'page.md'
    page.write_text('By hand.')
    with pytest.raises(ValueError, match='with what is measured between them'):
        write_into(page, 'new')
    assert page.read_text() == 'By hand.'


def test_the_page_of_the_documentation_says_where() -> None:
    text = PAGE.read_text('utf-8')
    assert (text.count(BEGIN), text.count(END)) == (1, 1)


def test_goals_are_held_against_what_was_measured() -> None:
    assert [goal.sentence for goal in goals(all_results(ours=4)) if not goal.is_met] == []
    missed = [goal.sentence for goal in goals(all_results(ours=13)) if not goal.is_met]
    assert [sentence for sentence in missed if 'floor' in sentence] == [
        '50 calls in a loop: adds at most 1.2 times what the floor adds',
        '50 calls in a gather: adds at most 1.15 times what the floor adds',
    ]
    assert goals(Results()) == []
