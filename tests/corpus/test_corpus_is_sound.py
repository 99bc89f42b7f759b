"""The corpus is what it says: valid programs run and give the same in CPython and in bare Monty, broken ones break."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from corpus.load import Cell, Program, load
from corpus.reference import CellRun, run_in_cpython, tools_as_in_sandbox
from corpus.tools import EFFECTS
from pydantic_monty import AsyncMonty, AsyncMontySession, CollectString, MontyRuntimeError

from pydantic_ai_grail.events.diagnostics import CODES

pytestmark = pytest.mark.anyio

VALID = load('valid')
BROKEN = load('broken')


def named(programs: tuple[Program, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize('program', programs, ids=lambda program: program.name)


def test_there_are_enough_programs() -> None:
    assert min(len(VALID), len(BROKEN)) >= 80
    assert len([program for program in VALID if not program.is_rewritten]) >= 80


def test_names_are_unique() -> None:
    assert [name for name, count in Counter(p.name for p in VALID + BROKEN).items() if count > 1] == []


def test_valid_programs_have_several_cells() -> None:
    assert [p.name for p in VALID if not 3 <= len(p.cells) <= 6 or p.expect] == []


def test_broken_programs_say_what_the_refusal_holds() -> None:
    assert [p.name for p in BROKEN if not p.names or not p.expect or not p.expect <= CODES.keys()] == []


def test_mistakes_are_of_many_kinds() -> None:
    assert len({code for p in BROKEN for code in p.expect}) >= 12


def test_mistakes_stand_in_first_cells_in_later_ones_and_after_a_restore() -> None:
    places = Counter('restored' if p.cells[-1].restore else 'first' if len(p.cells) == 1 else 'later' for p in BROKEN)
    assert {place for place, count in places.items() if count >= 25} == {'first', 'later', 'restored'}


@named(VALID)
async def test_a_valid_program_runs_in_cpython(program: Program) -> None:
    runs = await run_in_cpython(program)

    assert [run.raised for run in runs] == [cell.raises for cell in program.cells]
    assert runs[-1].raised is None


@named(tuple(program for program in VALID if program.meant or not program.is_rewritten))
async def test_a_valid_program_does_in_monty_what_it_does_in_cpython(program: Program, monty: AsyncMonty) -> None:
    assert await run_in_monty(program, monty) == last_value_only(await run_in_cpython(program))


@named(BROKEN)
async def test_a_broken_program_breaks_in_its_last_cell_only(program: Program) -> None:
    *before, broken = await run_in_cpython(program)

    assert [run.raised for run in before] == [cell.raises for cell in program.cells[:-1]]
    assert (broken.raised is None) == (program.passes is not None)


@named(BROKEN)
async def test_a_broken_cell_changes_the_world_before_it_breaks(program: Program) -> None:
    *_, broken = await run_in_cpython(program)

    assert broken.effects != ()


# Running in Monty, unchecked


@pytest.fixture
async def monty() -> AsyncIterator[AsyncMonty]:
    async with AsyncMonty() as pool:
        yield pool


async def run_in_monty(program: Program, monty: AsyncMonty) -> list[CellRun]:
    """Each cell's run as it was meant, with the last one's value.

    A cell that restores gets a new session and the old one's dump.
    """
    meant = program.meant or program.cells
    runs: list[CellRun] = []
    state = b''
    for cells in _between_restores(meant):
        async with monty.checkout() as session:
            if state:
                await session.load_session(state)
            for cell in cells:
                runs.append(await _run(cell, session, wants_value=cell is meant[-1]))
            state = await session.dump()
    return runs


async def _run(cell: Cell, session: AsyncMontySession, *, wants_value: bool) -> CellRun:
    prints = CollectString()
    value, raised = None, None
    EFFECTS.clear()
    try:
        value = await session.feed_run(
            cell.source + (_value_of_last_assignment(cell.source) if wants_value else '\nNone'),
            external_lookup=tools_as_in_sandbox(),
            print_callback=prints,
        )
    except MontyRuntimeError as error:
        raised = type(error.exception()).__name__
    return CellRun(value=value, prints=prints.output, raised=raised, effects=tuple(EFFECTS))


def last_value_only(runs: tuple[CellRun, ...]) -> list[CellRun]:
    """Other cells' values stay in the sandbox, where some of them must: classes and functions cannot leave it."""
    return [*(replace(run, value=None) for run in runs[:-1]), runs[-1]]


def _between_restores(cells: tuple[Cell, ...]) -> list[list[Cell]]:
    groups: list[list[Cell]] = [[]]
    for cell in cells:
        if cell.restore:
            groups.append([])
        groups[-1].append(cell)
    return groups


def _value_of_last_assignment(source: str) -> str:
    match ast.parse(source).body[-1]:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return f'\n{name}'
        case ast.AugAssign(target=ast.Name(id=name)):
            return f'\n{name}'
        case _:
            return ''
