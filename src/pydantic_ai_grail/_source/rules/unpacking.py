"""Tuples taken apart into the wrong number of names."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...events.diagnostics import Diagnostic
from ..inspected import Finding, Inspected
from . import ty_texts


def invalid_assignment(cell: Inspected, finding: Finding) -> Diagnostic | None:
    """`a, b = await service_health('api')` where there are three; also in loops and comprehensions."""
    match = ty_texts.UNPACKED.search(finding.message)
    if match is None or cell.places.never_runs(finding.place):
        return None
    if cell.places.catches(finding.place, 'ValueError', 'TypeError'):
        return None
    for target in cell.nodes_at(finding.place):
        value = _unpacked(cell, target)
        if value is None or not isinstance(target, (ast.Tuple, ast.List)) or not _is_certain(cell, value):
            continue
        count, wanted = match['count'], len(target.elts)
        more = match['what'] == 'Too many'
        message = (
            f'{ast.unparse(value)} gives {"more" if more else "fewer"} than {count} values at a time: '
            f'they do not fit {ast.unparse(target)}.'
        )
        return cell.diagnostic('wrong-unpacking', message, finding.place, fix=_fix(cell, value, wanted))
    return None


def _unpacked(cell: Inspected, target: ast.AST) -> ast.expr | None:
    """What is taken apart into a target: an assigned value, or something whose items are."""
    match cell.outline.parents.get(target):
        case ast.Assign(targets=targets, value=value) if target in targets:
            return value
        case ast.For(target=own, iter=items) | ast.comprehension(target=own, iter=items) if own is target:
            return items
        case _:
            return None


def _is_certain(cell: Inspected, value: ast.expr) -> bool:
    known = cell.provenance_at(cell.place_of(value))
    return known.is_steady(value) and known.is_single(value) and len(_tuple_lengths(cell, value)) <= 1


def _tuple_lengths(cell: Inspected, value: ast.expr) -> set[int]:
    """How many items the tuples have that the tool behind a value gives; several for a union."""
    tool = cell.provenance_at(cell.place_of(value)).tool_behind(value)
    return set() if tool is None else {*_lengths(cell.catalog.entries[tool].signature.returns)}


def _fix(cell: Inspected, value: ast.expr, wanted: int) -> str:
    """What there is to take apart, as far as it is known."""
    match value:
        case ast.Call(func=ast.Attribute(attr='items')):
            return 'items() gives pairs: 2 values, key and value.'
        case ast.Call(func=ast.Name(id='enumerate')):
            return 'enumerate() gives pairs: 2 values, number and item.'
        case _:
            pass
    tool = cell.provenance_at(cell.place_of(value)).tool_behind(value)
    if tool is not None:
        returns = cell.catalog.entries[tool].signature.returns
        lengths = [*_lengths(returns)]
        return f'{tool}() gives {f"{lengths[0]} values: " if lengths else ""}{returns}.'
    return f'Take as many names as there are values, or one name for all of them instead of {wanted}.'


def _lengths(annotation: str) -> Iterator[int]:
    """How many items each tuple in an annotation has."""
    for node in ast.walk(ast.parse(annotation, mode='eval')):
        match node:
            case ast.Subscript(value=ast.Name(id='tuple'), slice=ast.Tuple(elts=items)):
                yield len(items)
            case _:
                pass
