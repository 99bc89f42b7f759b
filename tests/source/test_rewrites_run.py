"""Cells that CPython runs and Monty does not: once rewritten, Monty gives what CPython gives."""

from __future__ import annotations

import pytest
from support.cells import prepared
from support.interpreters import run_cpython, run_monty
from support.rewrite_cells import CELLS, WITH_TOOLS

from pydantic_ai_grail.events.diagnostics import REWRITES


async def search(text: str) -> str:
    return text * 2


async def fail(text: str) -> str:
    raise ConnectionError(text)


def lock(text: str) -> str:
    return text


TOOLS = {'search': search, 'fail': fail, 'lock': lock}


def _cases(table: dict[str, list[str]]) -> list[object]:
    return [
        pytest.param(kind, source, id=f'{kind}-{number}')
        for kind, sources in table.items()
        for number, source in enumerate(sources, 1)
    ]


@pytest.mark.parametrize(('kind', 'source'), _cases(CELLS))
def test_a_rewritten_cell_gives_what_cpython_gives(kind: str, source: str) -> None:
    cell = prepared(source)

    assert kind in {rewrite.kind for rewrite in cell.rewrites}
    assert run_monty(cell.source) == run_cpython(source)


@pytest.mark.parametrize(('kind', 'source'), _cases(CELLS))
def test_a_cell_is_rewritten_because_monty_alone_gives_something_else(kind: str, source: str) -> None:
    try:
        alone = run_monty(source)
    except Exception:
        return
    assert alone != run_cpython(source)


@pytest.mark.parametrize(('kind', 'source'), _cases(WITH_TOOLS))
def test_a_rewritten_cell_with_tools_gives_what_cpython_gives(kind: str, source: str) -> None:
    from support.cells import bare_catalog

    cell = prepared(source, catalog=bare_catalog('search', 'fail', sequential=['lock']))

    assert kind in {rewrite.kind for rewrite in cell.rewrites}
    assert run_monty(cell.source, tools=TOOLS) == run_cpython(source, tools=TOOLS)


@pytest.mark.parametrize(('kind', 'source'), _cases(CELLS))
def test_a_note_is_one_short_line(kind: str, source: str) -> None:
    for rewrite in prepared(source).rewrites:
        assert rewrite.kind in REWRITES
        assert '\n' not in rewrite.note
        assert len(rewrite.note) < 120
        assert 1 <= rewrite.line <= source.count('\n') + 1


def test_a_note_says_why() -> None:
    def notes(source: str) -> list[str]:
        return [rewrite.note for rewrite in prepared(source).rewrites]

    assert notes('next((x for x in [1]), None)') == [
        'put `iter(...)` around what `next` takes from: generators, `map` and the like are lists here'
    ]
    assert notes('g = (x for x in [1])\nnext(g)') == [
        'made `g` an iterator with `iter(...)`: generators, `map` and the like are lists here'
    ]
    assert notes('d = {1: 2}\nmax(d, key=d.get)') == ['`d.get` became a lambda: a method is no value here']
    assert notes('from collections.abc import Iterable\ndef f(x: Iterable): return x') == [
        'left out the import of `Iterable`: not available here, and nothing that runs uses it'
    ]


def test_an_import_that_a_rewrite_made_unnecessary_is_not_told_by_itself() -> None:
    cell = prepared('from operator import itemgetter\nsorted([{"a": 1}], key=itemgetter("a"))')

    assert [rewrite.note for rewrite in cell.rewrites] == [
        '`itemgetter("a")` became a lambda: there is no module `operator` here'
    ]
    assert 'itemgetter' not in cell.source
    cell = prepared('from operator import itemgetter, mul\nsorted([{"a": 1}], key=itemgetter("a"))')
    assert [rewrite.note for rewrite in cell.rewrites] == [
        'left out the import of `mul`: not available here, and nothing that runs uses it',
        '`itemgetter("a")` became a lambda: there is no module `operator` here',
    ]


def test_every_kind_of_rewrite_is_tested() -> None:
    elsewhere = {'fence', 'import', 'module', 'await', 'no-await'}
    elsewhere |= {'exception-text', 'function-name', 'exit'}  # in `test_rewrites_raising.py`

    assert REWRITES.keys() == CELLS.keys() | WITH_TOOLS.keys() | elsewhere
