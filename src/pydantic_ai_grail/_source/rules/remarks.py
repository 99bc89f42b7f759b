"""What runs and gives a wrong answer: a comparison that is never true, a `.get` of a key that no record has.

Nothing here refuses a cell. A remark is told even if the cell succeeds, so it needs a value that surely comes from a
tool, with a declared type that no code of the session has changed.
"""

from __future__ import annotations

import ast
import importlib
import types
from collections.abc import Iterator, Sequence
from typing import Any, Final

from ..._common.suggestions import closest
from ...events.diagnostics import Diagnostic
from ..inspected import Inspected
from .record_keys import around, longer

_MOST_SHOWN: Final = 8
_FUNCTIONS: Final = (types.FunctionType, types.BuiltinFunctionType)

Compared = tuple[ast.expr, ast.Constant]
"""An expression, and a constant that it is compared with."""


def remarks(cell: Inspected) -> Iterator[Diagnostic]:
    """All that is to be told of a cell that is accepted."""
    shown: set[str] = set()
    equal = _never_equal(cell) if cell.offers.has_literals else ()
    for remark in (*equal, *_never_there(cell), *_not_called(cell)):
        if remark.message not in shown:
            shown.add(remark.message)
            yield remark


def _not_called(cell: Inspected) -> Iterator[Diagnostic]:
    """A cell that ends in the name of a tool, or of a function of a module, and so gives a function."""
    body = cell.outline.tree.body
    last = body[-1].value if body and isinstance(body[-1], ast.Expr) else None
    if not isinstance(last, ast.Name | ast.Attribute):
        return
    dotted = cell.outline.dotted(last) or ''
    root = cell.outline.root(last)
    is_tool = dotted in cell.catalog.entries and root is not None and cell.outline.is_free(root)
    if is_tool or _is_library_function(cell, dotted):
        what = 'a tool' if is_tool else 'a function'
        message = f'{ast.unparse(last)} is {what}, and nothing calls it.'
        yield cell.diagnostic('not-called', message, cell.place_of(last))


def _is_library_function(cell: Inspected, dotted: str) -> bool:
    module, _, name = dotted.rpartition('.')
    known = cell.support.modules.get(module, frozenset())
    if name not in known or dotted in cell.support.classes or dotted in cell.support.modules:
        return False
    return isinstance(getattr(importlib.import_module(module), name, None), _FUNCTIONS)


def _never_equal(cell: Inspected) -> Iterator[Diagnostic]:
    """`issue['state'] == 'Open'` where the state is 'open' or 'closed'."""
    seen: dict[str, list[Any]] = {}
    found: list[tuple[Compared, tuple[Any, ...]]] = []
    for value, constant in (*_comparisons(cell), *_patterns(cell)):
        if cell.places.never_runs(cell.place_of(constant)):
            continue
        seen.setdefault(ast.unparse(value), []).append(constant.value)
        within = around(cell, value)
        kind = cell.flow.kind_of(value, within[0]) if within is not None else None
        allowed = _literals(kind) if kind is not None else None
        if allowed and constant.value not in allowed:
            found.append(((value, constant), allowed))
    for (value, constant), allowed in found:
        text = ast.unparse(value)
        meant = _meant(constant.value, allowed)
        if meant is not None and meant in seen[text]:
            continue  # it asks for the right one as well
        shown = ', '.join(map(repr, allowed[:_MOST_SHOWN])) + (', ...' if len(allowed) > _MOST_SHOWN else '')
        what = text if len(text) <= 40 else 'the value'
        message = f'{what} is {"one of " if len(allowed) > 1 else ""}{shown}; {constant.value!r} is never equal to it.'
        fix = None if meant is None else repr(meant)
        yield cell.diagnostic('never-equal', message, cell.place_of(constant), fix=fix)


def _comparisons(cell: Inspected) -> Iterator[Compared]:
    for node in cell.outline.nodes(ast.Compare):
        match node:
            case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq()], comparators=[right]):
                yield from _with_constants(left, right)
                yield from _with_constants(right, left)
            case ast.Compare(left=left, ops=[ast.In() | ast.NotIn()], comparators=[right]):
                if isinstance(right, (ast.Tuple, ast.List, ast.Set)):
                    yield from _with_constants(left, *right.elts)
            case _:
                pass


def _patterns(cell: Inspected) -> Iterator[Compared]:
    for node in cell.outline.nodes(ast.Match):
        for case in node.cases:
            options = case.pattern.patterns if isinstance(case.pattern, ast.MatchOr) else [case.pattern]
            yield from _with_constants(
                node.subject, *(each.value for each in options if isinstance(each, ast.MatchValue))
            )


def _with_constants(value: ast.expr, *others: ast.expr) -> Iterator[Compared]:
    if isinstance(value, (ast.Subscript, ast.Name, ast.Call, ast.Await, ast.NamedExpr)):
        for other in others:
            if isinstance(other, ast.Constant) and isinstance(other.value, (str, int)):
                yield value, other


def _literals(kind: ast.expr) -> tuple[Any, ...] | None:
    """All values of a type that is made of literals; `None` of any other type."""
    match kind:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            one, other = _literals(left), _literals(right)
            return None if one is None or other is None else (*one, *other)
        case ast.Constant(value=None):
            return ()
        case ast.Subscript(value=ast.Name(id='Literal'), slice=inner):
            items = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return tuple(each.value for each in items if isinstance(each, ast.Constant))
        case _:
            return None


def _meant(value: Any, allowed: Sequence[Any]) -> Any:
    if isinstance(value, str):
        return closest(value, [each for each in allowed if isinstance(each, str)]) or next(
            (each for each in allowed if str(each) == value), None
        )
    return next((each for each in allowed if each == str(value)), None)


def _never_there(cell: Inspected) -> Iterator[Diagnostic]:
    """`issue.get('stauts')`, which gives `None` whatever the issue is."""
    for node in cell.outline.nodes(ast.Call):
        match node:
            case ast.Call(
                func=ast.Attribute(value=value, attr='get'), args=[ast.Constant(value=str(key)) as written, *_]
            ):
                found = _missing(cell, value, key, written)
                if found is not None:
                    yield found
            case _:
                pass


def _missing(cell: Inspected, value: ast.expr, key: str, written: ast.Constant) -> Diagnostic | None:
    within = around(cell, value)
    record = cell.flow.declared(value, within[0]) if within is not None else None
    if record is None or record.is_open or cell.provenance.is_stored(written):
        return None
    keys = [field.key for field in record.fields]
    place = cell.place_of(written)
    if key in keys or cell.places.never_runs(place):
        return None
    meant = closest(key, keys) or longer(key, keys)
    shown = '' if meant is not None else f' Their keys: {", ".join(keys[:12])}{", ..." if len(keys) > 12 else ""}.'
    message = f'records of {record.name!r} have no key {key!r}, so this get() never finds one.{shown}'
    return cell.diagnostic('never-there', message, place, fix=None if meant is None else repr(meant))
