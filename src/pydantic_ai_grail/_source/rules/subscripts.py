"""Keys and positions that lists, tuples and texts do not have."""

from __future__ import annotations

import ast

from ...events.diagnostics import Diagnostic
from ..inspected import Finding, Inspected, Suspicion
from . import ty_texts
from .ty_texts import TypeText, union_of


def wrong_subscript(cell: Inspected, finding: Finding) -> Suspicion | None:
    """A text where the number of an item belongs: `issues['title']` of a list of issues."""
    match = ty_texts.WRONG_KEY.search(finding.message)
    if match is None or not _raises_uncaught(cell, finding, 'TypeError'):
        return None
    members, keys = union_of(match['type']), union_of(match['key'])
    if len(members) != 1 or members[0].head not in ('list', 'tuple', 'str') or len(keys) != 1:
        return None
    if keys[0].head != 'str' and not (keys[0].head == 'Literal' and _is_text(keys[0].arguments)):
        return None
    base = _base(cell, finding)
    if base is None or not cell.provenance_at(finding.place).has_steady_kind(base):
        return None

    def decide(type_text: str) -> Diagnostic | None:
        whole = union_of(type_text)
        kinds = {member.kind for member in whole}
        return _no_such_key(cell, finding, base, whole[0]) if kinds <= {'list', 'tuple', 'str'} else None

    return Suspicion(place=cell.place_of(base), decide=decide)


def _no_such_key(cell: Inspected, finding: Finding, base: ast.expr, member: TypeText) -> Diagnostic:
    text, kind, key = ast.unparse(base), member.kind, _key_text(cell, finding)
    message = f'{text} is a {kind}: its items have numbers, not keys such as {key}.'
    fix = f'Loop over it, or take an item of it first, as in {text}[0].'
    if kind == 'tuple':
        fix = f'{text} is {ast.unparse(member.node)}.' if member.node is not None else fix
    subscript = _subscript(cell, finding)
    place = finding.place if subscript is None else cell.place_of(subscript.slice)
    return cell.diagnostic('unknown-key', message, place, fix=fix)


def out_of_bounds(cell: Inspected, finding: Finding) -> Suspicion | None:
    """The number of an item that a tuple does not have."""
    match = ty_texts.OUT_OF_BOUNDS.search(finding.message)
    if match is None or not _raises_uncaught(cell, finding, 'IndexError', 'LookupError'):
        return None
    subscript = _subscript(cell, finding)
    if subscript is None or not cell.provenance_at(finding.place).is_steady(subscript.value):
        return None
    base = ast.unparse(subscript.value)
    length = int(match['length'])
    message = f'{base} has {length} items ({match["type"]}), so there is no {base}[{match["index"]}].'
    fix = f'The last one is {base}[{length - 1}].'

    def decide(type_text: str) -> Diagnostic | None:
        if len(union_of(type_text)) > 1:
            return None
        return cell.diagnostic('unknown-key', message, cell.place_of(subscript), fix=fix)

    return Suspicion(place=cell.place_of(subscript.value), decide=decide)


def _raises_uncaught(cell: Inspected, finding: Finding, *errors: str) -> bool:
    return not cell.places.never_runs(finding.place) and not cell.places.catches(finding.place, *errors)


def _base(cell: Inspected, finding: Finding) -> ast.expr | None:
    subscript = _subscript(cell, finding)
    return subscript.value if subscript is not None else None


def _subscript(cell: Inspected, finding: Finding) -> ast.Subscript | None:
    """The subscript whose value stands at the place, or else the one that stands there itself."""
    nodes = cell.nodes_at(finding.place)
    for node in nodes:
        match cell.outline.parents.get(node):
            case ast.Subscript(value=value) as subscript if value is node:
                return subscript
            case _:
                pass
    return next((node for node in nodes if isinstance(node, ast.Subscript)), None)


def _key_text(cell: Inspected, finding: Finding) -> str:
    subscript = _subscript(cell, finding)
    return ast.unparse(subscript.slice) if subscript is not None else cell.segment(finding.place)


def _is_text(values: list[ast.expr]) -> bool:
    return bool(values) and all(isinstance(each, ast.Constant) and isinstance(each.value, str) for each in values)
