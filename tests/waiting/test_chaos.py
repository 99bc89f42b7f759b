"""Processes that move money are killed at random moments; every transfer happens once, every answer is the same.

`make chaos` does this for longer.
"""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.chaos import Place, Report, disturbed

KILLS = 8


def look_at(report: Report) -> None:
    assert report.kills == KILLS
    assert report.wrong == []


@pytest.mark.parametrize('workers', [1, 3])
def test_with_state_in_sqlite(workers: int, tmp_path: Path) -> None:
    place = Place(tmp_path, f'sqlite:///{tmp_path}/grail.db')
    look_at(disturbed(place, kills=KILLS, workers=workers, seed=time.time_ns()))


@pytest.mark.parametrize('workers', [1, 3])
def test_with_state_in_postgresql(workers: int, tmp_path: Path, postgresql_url: str) -> None:
    assert urlsplit(postgresql_url).scheme == 'postgresql'
    look_at(disturbed(Place(tmp_path, postgresql_url), kills=KILLS, workers=workers, seed=time.time_ns()))
