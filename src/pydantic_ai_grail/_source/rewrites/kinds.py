"""The builtin type of a receiver, where the cell itself leaves no doubt of it.

A method's name says nothing of its owner: a class of the user's own, of this cell or an earlier one, may have an
`update` that means something else. So a rewrite of a method asks here, and where the answer is `None` it must give every
receiver what CPython gives it.
"""

from __future__ import annotations

import ast
import builtins
from functools import cache
from importlib import import_module
from typing import Final

from .cell_rewriter import CellRewriter

_DISPLAYS: Final[dict[type[ast.expr], str]] = {
    ast.Set: 'set',
    ast.SetComp: 'set',
    ast.List: 'list',
    ast.ListComp: 'list',
    ast.Dict: 'dict',
    ast.DictComp: 'dict',
    ast.JoinedStr: 'str',
}
_MAKERS: Final = frozenset({'set', 'frozenset', 'list', 'dict', 'str', 'sorted'})
_SETS: Final = frozenset({'set', 'frozenset'})
_GIVES_SETS: Final = frozenset({'union', 'intersection', 'difference', 'symmetric_difference', 'copy'})


def kind_of(rewriter: CellRewriter, node: ast.expr) -> str | None:
    """The name of the builtin type that an expression surely has: `set`, `list`, `dict`, `str`, `Counter`."""
    return _kind(rewriter, node, depth=4)


def _kind(rewriter: CellRewriter, node: ast.expr, *, depth: int) -> str | None:
    if depth == 0:
        return None
    if (display := _DISPLAYS.get(type(node))) is not None:
        return display
    match node:
        case ast.Constant(value=value):
            return type(value).__name__
        case ast.Call(func=ast.Name(id=name) as function) if name in _MAKERS and rewriter.outline.is_builtin(
            function, name
        ):
            return 'list' if name == 'sorted' else name
        case ast.Call(func=function) if rewriter.outline.dotted(function) in _CLASSES:
            return (rewriter.outline.dotted(function) or '').rpartition('.')[2]
        case ast.Call(func=ast.Attribute(value=owner, attr=method)) if method in _GIVES_SETS:
            found = _kind(rewriter, owner, depth=depth - 1)
            return found if found in _SETS else None
        case ast.BinOp(left=left, op=ast.BitOr() | ast.BitAnd() | ast.Sub()):
            found = _kind(rewriter, left, depth=depth - 1)
            return found if found in _SETS else None
        case ast.Name():
            return _of_variable(rewriter, node, depth=depth - 1)
        case _:
            return None


_COLLECTIONS: Final = ('Counter', 'defaultdict', 'deque', 'OrderedDict')
_CLASSES: Final = frozenset({*_COLLECTIONS, *(f'collections.{name}' for name in _COLLECTIONS), 're.compile'})
"""What makes a value of a type that goes by the last part of its name; a bare one is about to be imported."""


def _of_variable(rewriter: CellRewriter, name: ast.Name, *, depth: int) -> str | None:
    """The one type of all that a variable is ever bound to. One of an earlier cell, a parameter or a loop has none."""
    outline = rewriter.outline
    scope = outline.binding(name)
    if scope is None or name.id in outline.session or scope.kind == 'class' or name.id in scope.imported:
        return None
    values = _values_of(rewriter, name.id, scope.node)
    if not values:
        return None
    kinds = {None if value is None else _kind(rewriter, value, depth=depth) for value in values}
    return kinds.pop() if len(kinds) == 1 else None


def _values_of(rewriter: CellRewriter, name: str, owner: ast.AST) -> list[ast.expr | None]:
    """What is assigned to a name of a scope; `None` for what is bound in any other way."""
    outline = rewriter.outline
    found: list[ast.expr | None] = []
    for store in outline.nodes(ast.Name):
        if store.id != name or isinstance(store.ctx, ast.Load):
            continue
        scope = outline.binding(store)
        if scope is None or scope.node is not owner:
            continue
        parent = outline.parents[store]
        match parent:
            case ast.Assign(targets=targets, value=value) if any(target is store for target in targets):
                found.append(value)
            case ast.AnnAssign(value=ast.expr() as value):
                found.append(value)
            case ast.AugAssign(op=ast.BitOr() | ast.BitAnd() | ast.Sub() | ast.Add()):
                pass  # `s |= other` leaves a set a set
            case ast.Tuple(elts=elements) if (values := _unpacked(rewriter, parent)) is not None:
                found.append(values[elements.index(store)])
            case _:
                found.append(None)
    bound_otherwise = any(
        node.name == name for node in outline.nodes(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    ) or any(handler.name == name for handler in outline.nodes(ast.ExceptHandler))
    arguments = getattr(owner, 'args', None)
    is_parameter = isinstance(arguments, ast.arguments) and any(
        node.arg == name for node in ast.walk(arguments) if isinstance(node, ast.arg)
    )
    declared_elsewhere = any(name in node.names for node in outline.nodes(ast.Global, ast.Nonlocal))
    patterns = any(node.name == name for node in (*outline.nodes(ast.MatchAs), *outline.nodes(ast.MatchStar)))
    return [*found, None] if bound_otherwise or is_parameter or declared_elsewhere or patterns else found


def _unpacked(rewriter: CellRewriter, target: ast.Tuple) -> list[ast.expr] | None:
    """What each name of `a, b = 1, 2` is given."""
    match rewriter.outline.parents[target]:
        case ast.Assign(value=ast.Tuple(elts=values)) if len(values) == len(target.elts):
            is_starred = any(isinstance(one, ast.Starred) for one in (*values, *target.elts))
            return None if is_starred else values
        case _:
            return None


@cache
def shown_types(method: str, classes: tuple[str, ...]) -> tuple[str, ...]:
    """Those of some classes whose values have a method in CPython, as `str(type(value))` shows them in the sandbox.

    A class of the user's own shows its bare name there, so that a `date` of a cell is not taken for `datetime.date`.
    """
    shown: list[str] = []
    for dotted in classes:
        module, _, kind = dotted.rpartition('.')
        owner = getattr(import_module(module) if module else builtins, kind)
        if callable(getattr(owner, method, None)) and method not in ('__call__', '__dict__', '__name__'):
            shown.append(f"<class '{_SHOWN.get(dotted, dotted)}'>")
    return tuple(shown)


_SHOWN: Final = {'collections.Counter': 'Counter', 'pathlib.PurePosixPath': 'PosixPath'}
"""Monty 1.4 shows these without their module."""
