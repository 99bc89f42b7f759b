"""The counts of function calls that `python -m benchmarks.profile` prints."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from benchmarks.floor import PROCESS
from benchmarks.profile import (
    FLOOR_FILES,
    FLOOR_FOLDER,
    NOBODY,
    OURS_FOLDER,
    PASS_ON,
    PROFILES,
    STAGES,
    by,
    profile,
    stage_of,
)


@pytest.fixture(autouse=True)
def process_closed() -> Iterator[None]:
    yield
    PROCESS.close()


@pytest.mark.parametrize(('file', 'function'), sorted({*STAGES, *PASS_ON}))
def test_each_stage_begins_with_a_function_that_is_there(file: str, function: str) -> None:
    path = (FLOOR_FOLDER if file in FLOOR_FILES else OURS_FOLDER) / file
    tree = ast.walk(ast.parse(path.read_text('utf-8')))
    assert function in {node.name for node in tree if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.anyio
async def test_calls_are_counted_by_stage_for_the_floor_and_for_us() -> None:
    counts = await profile(PROFILES['one-cell'], runs=1)
    assert list(counts) == ['floor', 'ours']
    stages = {name: by(each, stage_of, divisor=1) for name, each in counts.items()}
    everybody = {'check', 'drive', 'tool manager', 'tools of the step', NOBODY.stage}
    assert everybody <= stages['floor'].keys() & stages['ours'].keys()
    assert 'prepare' in stages['ours']
    floor, ours = (each.total() - each.agents_own() for each in (counts['floor'], counts['ours']))
    assert 0 < floor < ours
