"""Keys and positions that lists, tuples and texts do not have."""

from __future__ import annotations

import ast

from ...diagnostics import Diagnostic
from ..inspected import Finding, Inspected
from . import ty_texts
from .ty_texts import union_of


def wrong_subscript(cell: Inspected, finding: Finding) -> Diagnostic | None:
    """A text where the number of an item belongs: `issues['title']` of a list of issues."""
    match = ty_texts.WRONG_KEY.search(finding.message)
    if match is None or not _may_be_told(cell, finding, 'TypeError'):
        return None
    members, keys = union_of(match['type']), union_of(match['key'])
    if len(members) != 1 or members[0].head not in ('list', 'tuple', 'str') or len(keys) != 1:
        return None
    if keys[0].head != 'str' and not (keys[0].head == 'Literal' and _is_text(keys[0].arguments)):
        return None
    base = _base(cell, finding)
    if base is None or not cell.provenance.has_steady_kind(base):
        return None
    text, kind = ast.unparse(base), members[0].head
    message = f'{text} is a {kind}: its items have numbers, not keys such as {cell.segment(_key_place(cell, finding))}.'
    fix = f'Loop over it, or take an item of it first, as in {text}[0].'
    if kind == 'tuple':
        fix = f'{text} is {ast.unparse(members[0].node)}.' if members[0].node is not None else fix
    return cell.diagnostic('unknown-key', message, finding.place, fix=fix)


def out_of_bounds(cell: Inspected, finding: Finding) -> Diagnostic | None:
    """The number of an item that a tuple does not have."""
    match = ty_texts.OUT_OF_BOUNDS.search(finding.message)
    if match is None or not _may_be_told(cell, finding, 'IndexError', 'LookupError'):
        return None
    nodes = cell.nodes_at(finding.place)
    subscripts = (cell.outline.parents.get(node) for node in nodes)
    subscript = next((each for each in (*nodes, *subscripts) if isinstance(each, ast.Subscript)), None)
    if subscript is None or not cell.provenance.is_steady(subscript.value):
        return None
    base = ast.unparse(subscript.value)
    message = f'{base} has {match["length"]} items ({match["type"]}), so there is no {base}[{match["index"]}].'
    fix = f'The last one is {base}[{int(match["length"]) - 1}].'
    return cell.diagnostic('unknown-key', message, finding.place, fix=fix)


def _may_be_told(cell: Inspected, finding: Finding, *errors: str) -> bool:
    return not cell.places.never_runs(finding.place) and not cell.places.catches(finding.place, *errors)


def _base(cell: Inspected, finding: Finding) -> ast.expr | None:
    subscript = next((node for node in cell.nodes_at(finding.place) if isinstance(node, ast.Subscript)), None)
    if subscript is not None:
        return subscript.value
    for node in cell.nodes_at(finding.place):
        match cell.outline.parents.get(node):
            case ast.Subscript(value=value):
                return value
            case _:
                pass
    return None


def _key_place(cell: Inspected, finding: Finding) -> tuple[int, int]:
    for node in cell.nodes_at(finding.place):
        parent = node if isinstance(node, ast.Subscript) else cell.outline.parents.get(node)
        if isinstance(parent, ast.Subscript):
            return cell.place_of(parent.slice)
    return finding.place


def _is_text(values: list[ast.expr]) -> bool:
    return bool(values) and all(isinstance(each, ast.Constant) and isinstance(each.value, str) for each in values)
