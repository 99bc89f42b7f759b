"""What an unknown name most likely stands for, by how the code uses it: a tool is meant only where one can stand.

A name that is looped over, subscripted or calculated with is data. If its spelling is near to that of a tool, the result
of that tool was meant, and the fix says how to get it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Final, Literal, TypeAlias

from ..._catalog.entries import Entry
from ..._catalog.overlay import HELPERS
from ..._common.suggestions import is_spelled_alike
from ..bindings import names_in
from ..inspected import CONSTANTS, Inspected
from ..places import Range

Use: TypeAlias = Literal['called', 'receiver', 'data', 'value']

_TAKE_DATA: Final = frozenset(
    {
        *('len', 'sum', 'sorted', 'list', 'tuple', 'set', 'frozenset', 'dict', 'enumerate', 'reversed', 'zip', 'range'),
        *('any', 'all', 'int', 'float', 'round', 'abs', 'divmod', 'pow', 'iter', 'next'),
    }
)
"""Builtins to which nobody gives a function, but by keyword."""
_OPERATIONS: Final = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.FormattedValue, ast.Starred, ast.AugAssign, ast.Slice)


def meant_name(cell: Inspected, name: str, place: Range) -> str | None:
    """The name that was meant, or a sentence on the tool whose result was; `None` when nothing fits the use."""
    use, own = _use_at(cell, place)
    if use in ('called', 'value'):
        found = cell.meant_by(name, use, _candidates(cell, use))
        entry = cell.catalog.entries.get(found or '')
        if use == 'called' or entry is None or is_spelled_alike(name, found or ''):
            return found
        return _result_of(entry, name)
    found = cell.meant_by(name, use, [each for each in _candidates(cell, use) if each not in own])
    if found is not None:
        return found
    tool = cell.meant_by(name, 'tool', cell.catalog.entries)
    return None if tool is None else _result_of(cell.catalog.entries[tool], name)


def _result_of(entry: Entry, name: str) -> str:
    awaited = '' if entry.facts.sequential else 'await '
    return f'Assign it first: {name} = {awaited}{entry.facts.python_name}(...).'


def _use_at(cell: Inspected, place: Range) -> tuple[Use, frozenset[str]]:
    """The use, and the names that exist only for what is in the unknown one: those of the loop over it."""
    node = next((each for each in cell.nodes_at(place) if isinstance(each, ast.Name)), None)
    parent = cell.outline.parents.get(node) if node is not None else None
    match parent:
        case ast.Call(func=function) if function is node:
            return 'called', frozenset()
        case ast.Attribute():
            return 'receiver', frozenset()
        case ast.For(iter=data, target=own) | ast.AsyncFor(iter=data, target=own) if data is node:
            return 'data', frozenset(names_in(own))
        case ast.comprehension(iter=data, target=own) if data is node:
            return 'data', frozenset(names_in(own))
        case ast.Subscript(value=data) if data is node:
            return 'data', frozenset()
        case ast.If(test=data) | ast.While(test=data) | ast.IfExp(test=data) if data is node:
            return 'data', frozenset()
        case ast.Call(func=ast.Name(id=called), args=args) if called in _TAKE_DATA and node in args:
            return 'data', frozenset()
        case _:
            return 'data' if isinstance(parent, _OPERATIONS) else 'value', frozenset()


def _candidates(cell: Inspected, use: Use) -> Iterable[str]:
    """What may stand there, likeliest kind first."""
    bindings, builtins = cell.bindings, sorted(cell.support.builtins - CONSTANTS)
    variables = sorted(bindings.names | cell.local_names)
    match use:
        case 'data':
            return [name for name in variables if name not in bindings.declared]
        case 'receiver':
            return (*variables, *cell.catalog.modules, *builtins)
        case 'called' | 'value':
            return (*variables, *cell.catalog.entries, *cell.catalog.modules, *HELPERS, *builtins)
