"""What the names of a session stand for that earlier cells imported, and which names stand for anything else.

`datetime` is the module in one session, the class in another and a variable in a third; a rewrite that goes by a dotted
name has to know which.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from .bindings import bindings_of
from .history import History, PastCell

Definition: TypeAlias = ast.expr | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """The names of a session, as far as imports bind them."""

    names: Mapping[str, str] = field(default_factory=dict[str, str])
    """Names that nothing but one import binds, with the dotted name of what they stand for."""
    others: frozenset[str] = frozenset()
    """Names that stand for something else, or for one thing or another."""
    definitions: Mapping[str, Definition] = field(default_factory=dict[str, Definition])
    """What a name of `others` is bound to, where one `def` or one assignment is all that binds it."""


def imported_by(history: History) -> Imported:
    """What the cells of a history imported."""
    names: dict[str, set[str]] = {}
    others: set[str] = set()
    definitions: dict[str, Definition | None] = {}
    for cell in history.cells:
        found, otherwise, defined = _of_cell(cell)
        others |= otherwise
        for name in otherwise:
            definitions[name] = None if name in definitions or not cell.completed else defined.get(name)
        for name, dotted in found:
            names.setdefault(name, set()).add(dotted)
    others |= {name for name, dotted in names.items() if len(dotted) > 1}
    sure = {name: next(iter(dotted)) for name, dotted in names.items() if name not in others}
    for name in names:
        definitions.pop(name, None)
    known = {name: definition for name, definition in definitions.items() if definition is not None}
    return Imported(names=sure, others=frozenset(others), definitions=known)


@lru_cache(maxsize=512)
def _of_cell(cell: PastCell) -> tuple[frozenset[tuple[str, str]], frozenset[str], Mapping[str, Definition]]:
    try:
        imports = list(_imports(cell.tree().body))
        bound = bindings_of(cell.tree())
    except RecursionError:
        return frozenset(), frozenset(), {}
    by_import = {name for name, _ in imports}
    defined = {
        node.name
        for node in ast.walk(cell.tree())
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    others = bound.assigned | bound.reached | (bound.declared & defined) | (bound.declared - by_import)
    return frozenset(imports), others, _definitions(cell.tree(), bound.reached)


def _definitions(tree: ast.Module, reached: frozenset[str]) -> Mapping[str, Definition]:
    """What each name is bound to that one statement at the top level binds, and nothing else."""
    found: dict[str, Definition] = {}
    for statement in tree.body:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found[name] = statement
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name] = value
            case _:
                pass
    counts = Counter(
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    )
    counts.update(
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    )
    return {name: node for name, node in found.items() if counts[name] == 1 and name not in reached}


def _imports(block: Iterable[ast.stmt]) -> Iterable[tuple[str, str]]:
    """Each name that a block's imports bind, those in functions and classes apart."""
    for statement in block:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                local = alias.name.partition('.')[0]
                yield (alias.asname, alias.name) if alias.asname else (local, local)
        elif isinstance(statement, ast.ImportFrom):
            for alias in statement.names:
                yield alias.asname or alias.name, f'{statement.module or "."}.{alias.name}'
        elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for name in ('body', 'orelse', 'finalbody'):
                yield from _imports(getattr(statement, name, ()))
            for name in ('handlers', 'cases'):
                for inner in getattr(statement, name, ()):
                    yield from _imports(inner.body)
