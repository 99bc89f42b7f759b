"""Cells of one session, prepared one below the other as a conversation prepares them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from support.cells import SHOP
from support.interpreters import run_cpython, run_monty

from pydantic_ai_grail._catalog.catalog import Catalog
from pydantic_ai_grail._monty.support import load_support
from pydantic_ai_grail._source.history import History, PastCell
from pydantic_ai_grail._source.imported import imported_by
from pydantic_ai_grail._source.prepare import prepare
from pydantic_ai_grail._source.prepared import Prepared
from pydantic_ai_grail.events.diagnostics import Diagnostic


def prepared_in_session(*cells: str, catalog: Catalog = SHOP) -> list[Prepared | tuple[Diagnostic, ...]]:
    """Each cell as it is prepared after those before it, which are taken to have completed. A refused one binds nothing."""
    history = History()
    found: list[Prepared | tuple[Diagnostic, ...]] = []
    for cell in cells:
        ready = prepare(
            cell,
            catalog=catalog,
            bound=history.bound_names(),
            support=load_support(),
            attributes=history.stores.attributes,
            imported=imported_by(history),
        )
        found.append(ready)
        if isinstance(ready, Prepared):
            history = history.after(PastCell(source=ready.source, completed=True))
    return found


def outcome_in_monty(
    *cells: str, restore: bool = False, tools: Mapping[str, Callable[..., Any]] | None = None, catalog: Catalog = SHOP
) -> object:
    """The value of the last cell, or the last line of its error. No cell may be refused."""
    sources: list[str] = []
    for cell in prepared_in_session(*cells, catalog=catalog):
        assert isinstance(cell, Prepared), cell
        sources.append(cell.source)
    try:
        return run_monty(*sources, restore=restore, tools=tools)
    except Exception as error:
        return str(error).strip().splitlines()[-1].removeprefix('MontyRuntimeError: ')


def outcome_in_cpython(*cells: str, tools: Mapping[str, Callable[..., Any]] | None = None) -> object:
    """The same in CPython."""
    try:
        return run_cpython(*cells, tools=tools)
    except Exception as error:
        return f'{type(error).__name__}: {error}'
