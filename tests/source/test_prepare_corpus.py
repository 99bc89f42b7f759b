"""The corpus of programs that models write, prepared cell by cell: none is refused, and rewrites change no result."""

from __future__ import annotations

import asyncio

import pydantic_monty
import pytest
from corpus.load import Program, load
from corpus.reference import run_in_cpython, tools_as_in_sandbox
from corpus.tools import EFFECTS, SEQUENTIAL, TOOLS
from support.cells import bare_catalog, prepared
from support.interpreters import driven

from pydantic_ai_grail._catalog.catalog import Catalog
from pydantic_ai_grail._monty.support import load_support
from pydantic_ai_grail._source.history import History, PastCell
from pydantic_ai_grail._source.prepare import prepare
from pydantic_ai_grail._source.prepared import Prepared

VALID, BROKEN = load('valid'), load('broken')
SANDBOX_TOOLS = tools_as_in_sandbox()


def catalog() -> Catalog:
    names = [tool.__name__ for tool in TOOLS]
    return bare_catalog(*(name for name in names if name not in SEQUENTIAL), sequential=SEQUENTIAL)


@pytest.mark.parametrize('program', VALID, ids=lambda program: program.name)
def test_a_prepared_program_gives_in_monty_what_it_gives_in_cpython(program: Program) -> None:
    expected = asyncio.run(run_in_cpython(program)) if not program.is_rewritten else None
    history, ready, value = History(), None, None
    with pydantic_monty.Monty(max_processes=1) as pool, pool.checkout() as session:
        for number, cell in enumerate(program.cells):
            EFFECTS.clear()
            ready = prepared(cell.source, catalog=catalog(), bound=history.bound_names())
            printed = pydantic_monty.CollectString()
            raised = None
            try:
                snapshot = session.feed_start(ready.source, external_lookup=SANDBOX_TOOLS, print_callback=printed)
                value = driven(snapshot, SANDBOX_TOOLS)
            except pydantic_monty.MontyRuntimeError as error:
                raised = type(error.exception()).__name__
            history = history.after(PastCell(source=ready.source, completed=raised is None))
            assert raised == cell.raises
            if expected is not None:
                run = expected[number]
                assert printed.output == run.prints
                assert tuple(EFFECTS) == run.effects
    if expected is not None and ready is not None and ready.has_value:
        # Only the last cell's value: the earlier ones may have been changed since by the cells that follow.
        assert value == expected[-1].value


@pytest.mark.parametrize('program', BROKEN, ids=lambda program: program.name)
def test_a_broken_program_stays_broken(program: Program) -> None:
    """No rewrite makes another program of it: what is refused here is refused for what it is."""
    history = History()
    for cell in program.cells:
        found = prepare(cell.source, catalog=catalog(), bound=history.bound_names(), support=load_support())
        if not isinstance(found, Prepared):
            assert cell is program.cells[-1]
            assert {one.code for one in found} <= program.expect
            return
        history = history.after(PastCell(source=found.source, completed=cell.raises is None))
