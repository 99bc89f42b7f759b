"""`map`, `zip` and their like in a variable are used up by what takes from them, also in a later cell."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.cells import prepared
from support.sessions_of_cells import outcome_in_cpython, outcome_in_monty

MADE = [
    'map(str, xs)',
    'zip(xs, xs)',
    'enumerate(xs)',
    'reversed(xs)',
    'filter(None, xs)',
    '(x * 2 for x in xs)',
    '(x for x in xs if x > 1)',
]
TAKES = [
    'list(m)',
    'sum(1 for _ in m)',
    'next(m, None)',
    '[x for x in m]',
    'tuple(m)[:1]',
    '[*m]',
    'bool(list(m))',
    '5 in m',
    '[next(m, None) for _ in range(2)]',
    '[list(m) for _ in range(2)]',
    '(lambda: list(m))()',
    'sorted(m, key=str)',
    'len(list(m)) + len(list(m))',
]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(MADE), st.lists(st.sampled_from(TAKES), min_size=1, max_size=3), st.booleans(), st.booleans())
def test_an_iterator_in_a_variable_is_used_up_once(
    made: str, takes: list[str], in_one_cell: bool, restore: bool
) -> None:
    first, *more = (f'r{number} = {take}' for number, take in enumerate(takes))
    cells = [f'xs = [1, 2, 3]\nm = {made}\n{first}', *more]
    cells = ['\n'.join(cells)] if in_one_cell else cells
    cells.append(f'({", ".join(f"r{number}" for number in range(len(takes)))}, list(m))')

    assert outcome_in_monty(*cells, restore=restore) == outcome_in_cpython(*cells)


@pytest.mark.parametrize(
    'source',
    [
        'def f():\n    m = map(str, [1, 2])\n    return [list(m), list(m)]\nf()',
        'm = zip([1, 2], [3, 4])\nr = []\nfor a, b in m:\n    r.append(a)\n    break\nr.append(list(m))\nr',
        'm = reversed([1, 2])\ndef f():\n    return list(m)\n(f(), f())',
        'g = (x for x in [1, 2, 3])\na = next(g)\nb, c = g\n(a, b, c, list(g))',
    ],
)
def test_it_is_in_functions_and_loops_as_well(source: str) -> None:
    assert outcome_in_monty(source) == outcome_in_cpython(source)


def test_what_a_tool_is_given_or_the_cell_gives_stays_a_list() -> None:
    assert 'iter(' not in prepared('m = map(str, [1])\nawait search(m)').source
    assert 'iter(' not in prepared("m = map(str, [1])\n{'m': m}").source
    assert 'iter(' not in prepared('import asyncio\nm = (get(x) for x in "ab")\nawait asyncio.gather(*m)').source


def test_a_cell_that_ends_in_one_shows_it_and_tells_that_it_is_a_list() -> None:
    [mend] = prepared('m = map(str, [1, 2])').mends
    assert mend.note == 'kept `m` as a list: generators, `map` and the like are lists here, and not used up'
