"""The value of a cell: its last expression, or what its last statement assigned, which is then asked for on a new line.

A cell that ends in an assignment gives what was assigned; so does one whose last statement is a branch, a `with` or a
`try` of which every path ends in an assignment to the same name.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Final

from .cell_rewriter import CellRewriter

_LEAVES: Final = (ast.Raise, ast.Return)


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalValue:
    """What a cell gives."""

    has_value: bool = False
    name: str | None = None
    expression: str | None = None
    """What must be asked for on a line of its own after the cell, if its last statement is no expression."""
    line: int = 1


def final_value(rewriter: CellRewriter) -> FinalValue:
    """The value of a cell as it stands, and the line that must be added to get at it."""
    body = rewriter.outline.tree.body
    if not body:
        return FinalValue()
    last = body[-1]
    if isinstance(last, ast.Expr):
        return _of_expression(rewriter, last)
    expression = _assigned(rewriter, last)
    if expression is not None:
        name = expression if expression.isidentifier() else None
        return FinalValue(has_value=True, name=name, expression=expression, line=_last_line(last))
    return FinalValue(has_value=_returns_a_value(rewriter))


def _of_expression(rewriter: CellRewriter, statement: ast.Expr) -> FinalValue:
    value = statement.value
    if value in rewriter.exits:
        return FinalValue(has_value=_returns_a_value(rewriter))
    if isinstance(value, ast.Await):
        value = value.value
    if isinstance(value, ast.Call) and rewriter.outline.is_builtin(value.func, 'print'):
        return FinalValue(has_value=_returns_a_value(rewriter))
    if isinstance(value, ast.NamedExpr):
        return FinalValue(has_value=True, name=value.target.id)
    return FinalValue(has_value=True, name=value.id if isinstance(value, ast.Name) else None)


def _assigned(rewriter: CellRewriter, statement: ast.stmt) -> str | None:
    """Source of an expression that gives what a statement assigned, without doing anything a second time."""
    match statement:
        case ast.Assign(targets=[*_, target]):
            names = [one for one in statement.targets if isinstance(one, ast.Name)]
            return _target(rewriter, names[0] if names else target)
        case ast.AugAssign(target=target):
            return _target(rewriter, target)
        case ast.AnnAssign(target=target, value=ast.expr()):
            return _target(rewriter, target)
        case ast.If() | ast.Match() | ast.Try() | ast.With():
            return _common_name(statement)
        case _:
            return None


def _common_name(statement: ast.stmt) -> str | None:
    """The one name that every path through a statement assigns last; a path that leaves the cell does not count."""
    names = {_last_name(path) for path in _paths(statement) if not (path and isinstance(path[-1], _LEAVES))}
    return names.pop() if len(names) == 1 else None


def _target(rewriter: CellRewriter, target: ast.expr) -> str | None:
    if isinstance(target, ast.Tuple | ast.List):
        parts = [_target(rewriter, element) for element in target.elts]
        if any(part is None for part in parts):
            return None
        text = ', '.join(part or '' for part in parts)
        return f'({text},)' if len(parts) == 1 else f'({text})'
    if isinstance(target, ast.Starred):
        inner = _target(rewriter, target.value)
        return None if inner is None else f'*{inner}'
    if '\n' in rewriter.text.segment(target):
        return None
    return rewriter.text.segment(target) if _is_plain(target) else None


def _is_plain(node: ast.expr) -> bool:
    """Whether reading it again calls nothing of the cell's."""
    match node:
        case ast.Name():
            return True
        case ast.Attribute(value=value):
            return _is_plain(value)
        case ast.Subscript(value=value, slice=ast.Constant() | ast.Name()):
            return _is_plain(value)
        case _:
            return False


def _paths(statement: ast.stmt) -> list[list[ast.stmt]]:
    """The blocks one of which runs last; an empty one stands for a path that runs none of them."""
    match statement:
        case ast.If(body=body, orelse=orelse):
            return [body, orelse]
        case ast.Try(body=body, handlers=handlers, orelse=orelse):
            return [orelse or body, *(handler.body for handler in handlers)]
        case ast.With(items=items, body=body):
            # A context manager of the cell's own may swallow what its body raises, and leave the name unbound.
            return [body] if all(_is_open(item.context_expr) for item in items) else [[]]
        case ast.Match(cases=cases):
            last = cases[-1]
            is_complete = last.guard is None and isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None
            return [*(case.body for case in cases), *([] if is_complete else [[]])]
        case _:
            return [[]]


def _is_open(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id='open') | ast.Attribute(attr='open')):
            return True
        case _:
            return False


def _last_name(block: list[ast.stmt]) -> str | None:
    if not block:
        return None
    match block[-1]:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case ast.AugAssign(target=ast.Name(id=name)):
            return name
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            return name
        case ast.If() | ast.Match() | ast.Try() | ast.With():
            return _common_name(block[-1])
        case _:
            return None


def _returns_a_value(rewriter: CellRewriter) -> bool:
    """`return` at the top level ends the cell with a value."""
    return any(
        statement.value is not None and rewriter.outline.scope_of(statement).kind == 'module'
        for statement in rewriter.outline.nodes(ast.Return)
    )


def _last_line(statement: ast.stmt) -> int:
    return statement.end_lineno or statement.lineno
