"""Expressions whose outermost type can be relied on, because it shows where their value comes from.

What the checker infers for an item of a container, or for what a function of the session returns, holds only as long
as nothing puts other things in. That a variable holds a list, since every assignment to it makes one, holds.
"""

from __future__ import annotations

import ast
from typing import Final

from ..inspected import Inspected

_MAKERS: Final = frozenset({'list', 'dict', 'set', 'tuple', 'str', 'int', 'float', 'bool', 'len', 'sorted', 'round'})
_MAX_DEPTH: Final = 4


def is_steady(cell: Inspected, source: str) -> bool:
    """Whether the type of an expression, given as source, can be relied on."""
    try:
        expression = ast.parse(source.strip(), mode='eval').body
    except SyntaxError:
        return False
    return _is_steady(cell, expression, _MAX_DEPTH)


def _is_steady(cell: Inspected, value: ast.expr, depth: int) -> bool:
    match value:
        case ast.Constant() | ast.JoinedStr() | ast.List() | ast.Tuple() | ast.Dict() | ast.Set():
            return True
        case ast.ListComp() | ast.SetComp() | ast.DictComp():
            return True
        case ast.Await(value=ast.Call(func=function)):
            return _names_tool(cell, function)
        case ast.Call(func=ast.Name(id=name)) if name in _MAKERS and name not in cell.bindings.names:
            return True
        case ast.Call(func=function):
            return _names_tool(cell, function)
        case ast.Name(id=name) if depth:
            sources = _sources(cell, name)
            return bool(sources) and all(_is_steady(cell, each, depth - 1) for each in sources)
        case _:
            return False


def _names_tool(cell: Inspected, function: ast.expr) -> bool:
    name = ast.unparse(function)
    return name in cell.catalog.entries and name.partition('.')[0] not in cell.bindings.assigned


def _sources(cell: Inspected, name: str) -> list[ast.expr] | None:
    """Every value that is assigned to a name of the session, or `None` if it is bound in other ways as well."""
    if name in cell.unsure or name in cell.bindings.declared:
        return None
    found: list[ast.expr] = []
    for tree in (*(each.tree() for each in cell.history.cells), cell.outline.tree):
        for node in ast.walk(tree):
            match node:
                case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                    found.append(value)
                case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                    found.append(value)
                case _:
                    pass
    stores = sum(
        (isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load))
        or (isinstance(node, ast.arg) and node.arg == name)
        for tree in (*(each.tree() for each in cell.history.cells), cell.outline.tree)
        for node in ast.walk(tree)
    )
    return found if stores == len(found) else None
