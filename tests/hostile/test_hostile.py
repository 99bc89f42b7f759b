"""Cells that are meant to hurt their host: some of each kind here, all of them in `make hostile`."""

from __future__ import annotations

import random

import pytest

from .__main__ import random_cells
from .generated import VALUES, WAYS, generated
from .playing import MAX_HELD_SECONDS, HostileCell, faults
from .written import written

pytestmark = pytest.mark.anyio

GENERATED = [*generated()]
WRITTEN = written()
SAMPLE = [*(GENERATED[n * len(WAYS) + n % len(WAYS)] for n in range(len(VALUES))), *WRITTEN[::4]]
"""Every value once, each in another way; and every fourth of those that were written."""
HELD_HERE = 20 * MAX_HELD_SECONDS
"""Other tests run beside these, and coverage is measured; `make hostile` holds the bound itself."""


def test_there_are_enough_of_them_and_each_has_a_name_of_its_own() -> None:
    assert len(GENERATED) + len(WRITTEN) >= 300
    assert len({cell.name for cell in (*GENERATED, *WRITTEN)}) == len(GENERATED) + len(WRITTEN)
    assert {cell.name.partition(', ')[0] for cell in SAMPLE} >= {value.partition(', ')[0] for value in VALUES}


@pytest.mark.parametrize('cell', SAMPLE, ids=lambda cell: cell.name)
async def test_a_cell_costs_its_host_nothing_and_ends_no_run(cell: HostileCell) -> None:
    assert await faults(cell, most_held_seconds=HELD_HERE) == []


async def test_cells_that_are_put_together_at_random_end_no_run() -> None:
    cells = random_cells(random.Random(10))
    for _ in range(5):
        cell = next(cells)
        found = await faults(cell)
        assert [fault for fault in found if not fault.startswith('cost:')] == [], cell.code
