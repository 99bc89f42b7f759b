"""Keys that a typed record does not have, or needs and is not given."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..._catalog.signatures import Declaration
from ..._common.suggestions import closest
from ...events.diagnostics import Diagnostic
from ..flow import FUNCTIONS, Function
from ..inspected import Finding, Inspected
from ..places import Range
from . import ty_texts
from .ty_texts import union_of


def invalid_key(cell: Inspected, finding: Finding) -> Diagnostic | None:
    """A key that is read from records none of which has it, and that no code has added."""
    match = ty_texts.UNKNOWN_KEY.search(finding.message)
    if match is None or not _is_read(cell, finding):
        return None
    key = match['key']
    members = union_of(match['type'] or match['record'])
    records = [cell.declarations[member.head] for member in members if member.head in cell.declarations]
    if not all(member.head in cell.declarations or member.head == 'None' for member in members):
        return None
    if any(record.is_open or key in _keys(record) for record in records) or not records:
        return None
    if not _is_steady(cell, finding) and _is_written(cell, key):
        return None
    return _unknown(cell, key, records, finding.place)


def keys_in_functions(cell: Inspected) -> Iterator[Diagnostic]:
    """Keys that are read from what a function of the session gives or is given, of which the checker knows nothing."""
    for node in cell.outline.nodes(ast.Subscript) if cell.has_functions else ():
        match node:
            case ast.Subscript(value=value, slice=ast.Constant(value=str(key)), ctx=ast.Load()):
                within = around(cell, node)
                record = None if within is None else cell.flow.record_of(value, within[0])
                if record is None or record.is_open or key in _keys(record):
                    continue
                found = _unknown(cell, key, [record], cell.place_of(node.slice))
                if found is not None and not cell.places.is_deferred(cell.place_of(node)):
                    yield found
            case _:
                pass


def _unknown(cell: Inspected, key: str, records: list[Declaration], place: Range) -> Diagnostic | None:
    """The refusal of a key, unless code may have added it, asks for it first, or expects the error."""
    if key in cell.stores.added_keys or cell.stores.any_key or _looked_for(cell, key):
        return None
    if cell.places.never_runs(place) or cell.places.catches(place, 'KeyError', 'LookupError'):
        return None
    keys = [each for record in records for each in _keys(record)]
    names = ' or '.join(repr(record.name) for record in records)
    meant = closest(key, keys) or longer(key, keys)
    message = f'Records of {names} have no key {key!r}. Their keys: {", ".join(keys)}.'
    return cell.diagnostic('unknown-key', message, place, fix=meant and repr(meant))


def missing_key(cell: Inspected, finding: Finding) -> Diagnostic | None:
    """A key that is missing from a dict written out as an argument of a tool."""
    match = ty_texts.MISSING_KEY.search(finding.message)
    if match is None or match['record'] not in cell.declarations or cell.places.never_runs(finding.place):
        return None
    display = next((node for node in cell.nodes_at(finding.place) if isinstance(node, ast.Dict)), None)
    if display is None or None in display.keys or not _goes_to_a_tool(cell, display):
        return None
    record = cell.declarations[match['record']]
    annotations = {field.key: field.annotation for field in record.fields}
    key = match['key']
    message = f'This dict is no complete {record.name!r}: the key {key!r} is missing.'
    fix = f'Add {key!r}: ... ({annotations.get(key, "Any")}).'
    return cell.diagnostic('missing-key', message, finding.place, fix=fix)


def longer(key: str, keys: list[str]) -> str | None:
    """The one key that is this one with more words: `opened_at` for `opened`."""
    found = [each for each in keys if each.startswith(f'{key}_') or each.endswith(f'_{key}')]
    return found[0] if len(found) == 1 else None


def around(cell: Inspected, node: ast.AST) -> tuple[Function | None] | None:
    """The function that a node is in, or `None` for the top level; nothing where names are hard to tell apart."""
    is_in_lambda = False
    for ancestor in cell.outline.ancestors(node):
        if isinstance(ancestor, FUNCTIONS):
            return None if is_in_lambda else (ancestor,)
        if isinstance(ancestor, ast.ClassDef):
            return None
        is_in_lambda |= isinstance(ancestor, ast.Lambda)
    return (None,)


def _keys(record: Declaration) -> list[str]:
    return [field.key for field in record.fields]


def _is_read(cell: Inspected, finding: Finding) -> bool:
    """Whether the key at this place is read, not stored and not one of a dict that is being written."""
    nodes = cell.nodes_at(finding.place)
    if not nodes:
        return True  # inside an f-string of Python 3.11, where nothing can be stored
    parent = cell.outline.parents.get(nodes[0])
    return isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Load)


def _is_steady(cell: Inspected, finding: Finding) -> bool:
    """Whether what the key is read from is certainly a record."""
    for node in cell.nodes_at(finding.place):
        match cell.outline.parents.get(node):
            case ast.Subscript(value=value):
                return cell.provenance_at(finding.place).is_steady(value)
            case _:
                pass
    return False


def _is_written(cell: Inspected, key: str) -> bool:
    """Whether some other record of the catalog, or a dict that code of the session makes, has the key."""
    if any(key in _keys(record) for record in cell.declarations.values()):
        return True
    trees = (*(each.tree() for each in cell.history.cells), cell.outline.tree)
    return any(
        (isinstance(node, ast.Dict) and any(isinstance(each, ast.Constant) and each.value == key for each in node.keys))
        or (isinstance(node, ast.keyword) and node.arg == key)
        for tree in trees
        for node in ast.walk(tree)
    )


def _looked_for(cell: Inspected, key: str) -> bool:
    """Whether code of the cell asks if the key is there."""
    return any(
        isinstance(node.left, ast.Constant) and node.left.value == key and isinstance(node.ops[0], (ast.In, ast.NotIn))
        for node in cell.outline.nodes(ast.Compare)
    )


def _goes_to_a_tool(cell: Inspected, display: ast.AST) -> bool:
    """Whether a dict is written out in the arguments of a tool's call, alone or inside other literals."""
    for ancestor in cell.outline.ancestors(display):
        if isinstance(ancestor, ast.Call):
            return cell.tool(ancestor.func) is not None
        if not isinstance(ancestor, (ast.List, ast.Tuple, ast.Dict, ast.Set, ast.keyword)):
            return False
    return False
