"""Valid Python is never refused: the corpus and a collection of traps, in every cell, under every mode."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from corpus.load import Program, load, parse
from corpus.reference import run_in_cpython
from support.checking import Toolbox, corpus_toolbox
from support.traps import SANDBOX_TRAPS, TRAPS

from pydantic_ai_grail._source.check import CheckMode

pytestmark = pytest.mark.anyio


def programs(texts: Mapping[str, str]) -> tuple[Program, ...]:
    return tuple(parse(name, text) for name, text in texts.items())


def each(found: tuple[Program, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize('program', found, ids=lambda program: program.name)


@pytest.fixture(scope='module')
def anyio_backend() -> str:
    return 'asyncio'


@pytest.fixture(scope='module')
async def tools() -> Toolbox:
    return await corpus_toolbox()


@pytest.mark.parametrize('mode', ['strict', 'names'])
@each(load('valid') + programs(TRAPS) + programs(SANDBOX_TRAPS))
async def test_no_cell_of_a_valid_program_is_refused(program: Program, mode: CheckMode, tools: Toolbox) -> None:
    assert await tools.conversation(mode).play(program.cells) == []


@each(programs(TRAPS))
async def test_a_trap_does_in_cpython_what_it_says(program: Program) -> None:
    runs = await run_in_cpython(program)
    assert [run.raised for run in runs] == [cell.raises for cell in program.cells]
