"""Cells in DBOS workflows: what is recovered when a process dies, and what is not done again."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.durable_agents import Life, Place, Service, lived

CELLS = [
    'first = await pay(1)\nawait rest()\nsecond = await pay(2)\n[first, second, await pay(3)]',
    '[first, await pay(4)]',
]
DONE = [{'result': ['paid 1', 'paid 2', 'paid 3']}, {'result': ['paid 1', 'paid 4']}]


@pytest.fixture(params=['sqlite', 'postgresql'])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == 'sqlite':
        return Place.in_files(tmp_path)
    return Place.in_postgresql(request.getfixturevalue('postgresql_url'))


@pytest.fixture
def files(tmp_path: Path) -> Place:
    return Place.in_files(tmp_path)


@pytest.mark.parametrize(
    'death',
    [
        Life(dies=('before', 1)),
        Life(dies_resting=True),
        Life(dies_after_cell=1),
        Life(dies_before_cell=2),
        Life(dies_after_cell=2),
    ],
    ids=['before the first call', 'between calls', 'after a cell', 'before the next cell', 'after the last cell'],
)
@pytest.mark.parametrize('tools_are_steps', [False, True], ids=['functions', 'steps'])
def test_a_recovered_workflow_goes_on_as_if_nothing_had_been(death: Life, tools_are_steps: bool, files: Place) -> None:
    answer = lived(files, Service(cells=CELLS, tools_are_steps=tools_are_steps), death, Life())
    assert (answer.cells, files.paid()) == (DONE, [1, 2, 3, 4])
