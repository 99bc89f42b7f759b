"""The cells of a session that came before, as far as the checker needs them; small enough to travel in a snapshot.

A cell that failed lives on in what it had bound by then. Old cells are condensed: imports, functions, classes and short
assignments stay as they are, what else they bound is `ANY`: nothing is known of it.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Final

from pydantic import BaseModel, ConfigDict

from ..events.diagnostics import Diagnostic
from .bindings import Bindings, bindings_of
from .nested_tuples import may_nest_tuples
from .parse import parse
from .stored_attributes import ANY_STORES, Stores, stores_of

ANY: Final = 'grail_any__'
"""A name of type `Any` that every checked source knows. The checker imports no stub names that begin with `_`."""

MAX_CHARS: Final = 24_000
"""Source that a history keeps. Beyond it, older cells are condensed until half of it is free."""
MAX_STATEMENT_CHARS: Final = 4_000
"""Longest function or class that is kept of a condensed cell."""
MAX_ASSIGNMENT_CHARS: Final = 160
"""Longest assignment that is kept of a condensed cell."""
MAX_NAMES_CHARS: Final = MAX_CHARS // 2
"""Beyond it the names of condensed cells are not kept either; then no name counts as unknown any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCell:
    """A cell that ran, with its rewrites. Refused cells are no part of a history."""

    source: str
    completed: bool
    """False when it failed: then it may have stopped anywhere."""
    stopped_line: int | None = None
    """The line of the cell's own code at which it failed, where that is known. Later statements never ran."""
    parsed: ast.Module | None = field(default=None, repr=False, compare=False)
    """The tree of the source, where somebody has it already."""

    def tree(self) -> ast.Module:
        """The statements that ran, or began to. Shared between callers, not to be changed."""
        if self.completed and self.parsed is not None:
            return self.parsed
        return _tree_of(self.source, None if self.completed else self.stopped_line)


@dataclass(frozen=True, kw_only=True)
class History:
    """What the cells of a session have bound so far. A value: `after` gives a new one."""

    cells: tuple[PastCell, ...] = ()
    """Oldest first. The first may be a condensed one that stands for many."""
    forgotten: Stores = field(default_factory=Stores)
    """What condensed cells stored in objects, which their condensed source no longer shows."""
    reached: frozenset[str] = frozenset()
    """Names that nested functions of condensed cells rebind."""
    is_open: bool = False
    """Names may live that no cell shows."""
    nested: bool = False
    """Whether condensed cells may have put tuples into tuples."""

    def after(self, cell: PastCell) -> History:
        """The history once `cell` has run."""
        grown = replace(self, cells=(*self.cells, cell))
        if _size(grown.cells) > MAX_CHARS:
            return _condense(grown)
        # What is read of the cells before is not read again: `cached_property` looks here first.
        known = self.__dict__
        if 'bindings' in known and 'stores' in known:
            grown.__dict__['bindings'] = self.bindings | _bindings_of_cell(cell)
            grown.__dict__['stores'] = self.stores | _stores_of_cell(cell)
        return grown

    @cached_property
    def bindings(self) -> Bindings:
        """All names that may live in the sandbox."""
        condensed = Bindings(reached=self.reached, is_open=self.is_open)
        return Bindings.union([condensed, *map(_bindings_of_cell, self.cells)])

    @cached_property
    def stores(self) -> Stores:
        """All that may have been put into objects."""
        return Stores.union([self.forgotten, *map(_stores_of_cell, self.cells)])

    @cached_property
    def nests_tuples(self) -> bool:
        """Whether tuples that hold tuples may live in the sandbox."""
        return self.nested or any(map(_nests_in_cell, self.cells))

    def read(self) -> History:
        """This history, once all that is needed later is read from its cells, perhaps in an event loop."""
        _ = self.bindings, self.stores, self.nests_tuples
        return self

    def bound_names(self) -> frozenset[str]:
        """All names that may live in the sandbox and that a reader of the cells can tell."""
        return self.bindings.names

    def assigned_names(self) -> tuple[str, ...]:
        """The names that hold data rather than functions, classes or modules; the one assigned last comes last."""
        newest_first = (
            name for cell in reversed(self.cells) for name in sorted(_bindings_of_cell(cell).assigned, reverse=True)
        )
        return tuple(name for name in reversed(dict.fromkeys(newest_first)) if name != ANY)

    def to_json(self) -> str:
        """For the header of a snapshot; `from_json` reads it."""
        return _Stored(
            cells=[(cell.source, cell.completed, cell.stopped_line) for cell in self.cells],
            keys=sorted(self.forgotten.added_keys),
            attributes=sorted(self.forgotten.attributes),
            any_key=self.forgotten.any_key,
            reached=sorted(self.reached),
            is_open=self.is_open,
            nested=self.nested,
        ).model_dump_json()

    @classmethod
    def from_json(cls, text: str) -> History:
        """The history that `to_json` wrote.

        Raises:
            ValueError: When the text is not one, or a cell in it is no Python.
        """
        stored = _Stored.model_validate_json(text)
        history = cls(
            cells=tuple(PastCell(source=a, completed=b, stopped_line=c) for a, b, c in stored.cells),
            forgotten=Stores(
                keys=frozenset(stored.keys),
                attributes=frozenset(stored.attributes),
                keyed=frozenset({''} if stored.any_key else ()),
            ),
            reached=frozenset(stored.reached),
            is_open=stored.is_open,
            nested=stored.nested,
        )
        _ = history.bindings  # so that a cell which is not Python is found here
        return history


class _Stored(BaseModel):
    model_config = ConfigDict(extra='forbid')

    cells: list[tuple[str, bool, int | None]]
    keys: list[str]
    attributes: list[str]
    any_key: bool
    reached: list[str]
    is_open: bool
    nested: bool = True  # of a version that did not look


@lru_cache(maxsize=512)
def _tree_of(source: str, stopped_line: int | None) -> ast.Module:
    tree = parse(source)
    if isinstance(tree, Diagnostic):
        raise ValueError(f'A cell of a history is not Python: {tree.message}')
    if stopped_line is not None:
        began = [statement for statement in tree.body if statement.lineno <= stopped_line]
        tree.body = began or tree.body
    return tree


@lru_cache(maxsize=512)
def _bindings_of_cell(cell: PastCell) -> Bindings:
    try:
        return bindings_of(cell.tree())
    except (RecursionError, MemoryError):
        return Bindings(is_open=True)  # too deeply nested to be read


@lru_cache(maxsize=512)
def _stores_of_cell(cell: PastCell) -> Stores:
    try:
        return stores_of(cell.tree())
    except (RecursionError, MemoryError):
        return ANY_STORES


@lru_cache(maxsize=512)
def _nests_in_cell(cell: PastCell) -> bool:
    try:
        return may_nest_tuples(cell.tree())
    except (RecursionError, MemoryError):
        return True


def _size(cells: tuple[PastCell, ...]) -> int:
    return sum(len(cell.source) for cell in cells)


def _condense(history: History) -> History:
    """The oldest cells as one, so many of them that the rest fills at most half of the space."""
    keep = len(history.cells)
    while keep and _size(history.cells[-keep:]) > MAX_CHARS // 2:
        keep -= 1
    old, recent = history.cells[: len(history.cells) - keep], history.cells[len(history.cells) - keep :]
    before = replace(history, cells=old)
    return History(
        cells=(PastCell(source=_condensed(old, MAX_CHARS // 2), completed=True), *recent),
        forgotten=before.stores,
        reached=before.bindings.reached,
        is_open=before.bindings.is_open or _only_names(old) is None,
        nested=before.nests_tuples,
    )


def _condensed(cells: tuple[PastCell, ...], max_chars: int) -> str:
    """Source of one cell that binds what `cells` bound. Where all does not fit, later statements are kept first."""
    kept: list[str] = []
    unknown: set[str] = set()
    settled: set[str] = set()
    room = max_chars - sum(len(name) + 3 for cell in cells for name in _bindings_of_cell(cell).names)
    for cell in reversed(cells):
        for statement in reversed(cell.tree().body):
            try:
                names = bindings_of(statement).names
                text = _kept(statement) if cell.completed and not names & unknown else None
            except RecursionError:
                continue  # the history is open then, so nothing that it binds counts as unknown
            if names <= settled:
                continue
            if text is not None and len(text) < room:
                room -= len(text) + 1
                kept.append(text)
            else:
                unknown |= names - settled
            settled |= names
    names = _only_names(cells)
    if names is None:
        return ''
    anything = [' = '.join((*sorted(unknown), ANY))] if unknown else []
    return '\n'.join((*anything, *reversed(kept)))


def _only_names(cells: tuple[PastCell, ...]) -> frozenset[str] | None:
    """The names that the cells bound, or `None` when there are too many to keep."""
    names = frozenset[str]().union(*(_bindings_of_cell(cell).names for cell in cells))
    return names if sum(len(name) + 3 for name in names) <= MAX_NAMES_CHARS else None


def _kept(statement: ast.stmt) -> str | None:
    """The statement's source if it is worth keeping as it is."""
    try:
        return _short(statement)
    except ValueError:
        return None  # a number of more digits than CPython writes out


def _short(statement: ast.stmt) -> str | None:
    match statement:
        case ast.Import() | ast.ImportFrom():
            return ast.unparse(statement)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            text = ast.unparse(statement)
            return text if len(text) <= MAX_STATEMENT_CHARS else None
        case ast.Assign(targets=[ast.Name() | ast.Tuple()]) | ast.AnnAssign(target=ast.Name()):
            text = ast.unparse(statement)
            return text if len(text) <= MAX_ASSIGNMENT_CHARS else None
        case _:
            return None
