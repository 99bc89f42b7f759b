"""Tuples taken apart into the wrong number of names."""

from __future__ import annotations

import ast

from ...diagnostics import Diagnostic
from ..inspected import Finding, Inspected
from . import ty_texts
from .steadiness import is_steady


def invalid_assignment(cell: Inspected, finding: Finding) -> Diagnostic | None:
    """`a, b = await service_health('api')` where there are three."""
    match = ty_texts.UNPACKED.search(finding.message)
    if match is None or cell.places.never_runs(finding.place):
        return None
    if cell.places.catches(finding.place, 'ValueError', 'TypeError'):
        return None
    for node in cell.nodes_at(finding.place):
        match cell.outline.parents.get(node):
            case ast.Assign(targets=[target], value=value) if target is node and _is_certain(cell, value):
                what = (
                    'gives more values than there are names' if match['what'] != 'Not enough' else 'gives fewer values'
                )
                message = f'{ast.unparse(value)} {what}: {ast.unparse(target)} takes {match["count"]}.'
                return cell.diagnostic('wrong-unpacking', message, finding.place, fix=_fix(cell, value))
            case _:
                pass
    return None


def _is_certain(cell: Inspected, value: ast.expr) -> bool:
    return is_steady(cell, ast.unparse(value))


def _fix(cell: Inspected, value: ast.expr) -> str | None:
    call = value.value if isinstance(value, ast.Await) else value
    entry = cell.tool(call.func) if isinstance(call, ast.Call) else None
    return None if entry is None else f'{entry.facts.python_name}() gives {entry.signature.returns}.'
