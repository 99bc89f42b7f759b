"""Attributes that an object cannot have."""

from __future__ import annotations

import builtins
from functools import cache
from importlib import import_module
from typing import Final

from ...diagnostics import Diagnostic
from ...suggestions import closest
from ..inspected import Finding, Inspected
from . import ty_texts
from .coroutines import is_coroutine, not_awaited
from .names import IMPORT_ERRORS
from .steadiness import is_steady
from .ty_texts import TypeText, union_of

_PLAIN: Final = frozenset({'str', 'int', 'float', 'bool', 'bytes', 'list', 'dict', 'set', 'frozenset', 'tuple'})


def unresolved_attribute(cell: Inspected, finding: Finding) -> Diagnostic | None:
    """An attribute that a module lacks, that no member of a type has, or that nothing in the sandbox has."""
    place, message = finding.place, finding.message
    if cell.places.never_runs(place) or cell.places.catches(place, 'AttributeError', *IMPORT_ERRORS):
        return None
    if match := ty_texts.NO_MEMBER.search(message):
        return _of_module(cell, match['module'], match['name'], finding)
    if match := ty_texts.NO_FUNCTION_ATTRIBUTE.search(message):
        return _of_function(cell, match['function'], match['name'], finding)
    match = ty_texts.NO_ATTRIBUTE.search(message) or ty_texts.NO_STORE.search(message)
    if match is None or _asked_for(cell, match['name']):
        return None
    return _of_value(cell, match['type'], match['name'], finding)


def _of_module(cell: Inspected, module: str, name: str, finding: Finding) -> Diagnostic | None:
    known = cell.support.modules.get(module)
    if known is None or name in known or f'{module}.{name}' in cell.support.modules or name in cell.stores.attributes:
        return None
    base = cell.segment(finding.place).rpartition('.')[0]
    meant = closest(name, sorted(known))
    inner = f'{module}.{name}' if f'{module}.{module}' in cell.support.classes else None
    fix = f'{base}.{meant}' if meant else None
    if fix is None and inner and name in cell.support.classes[f'{module}.{module}']:
        fix = f'{base}.{module}.{name}'
    return cell.diagnostic('unknown-attribute', f'The module {module!r} has no {name!r} here.', finding.place, fix=fix)


def _of_function(cell: Inspected, function: str, name: str, finding: Finding) -> Diagnostic | None:
    entry = cell.catalog.find(function)
    if entry is None or name.startswith('__') or function in cell.bindings.names:
        return None
    base = cell.segment(finding.place).rpartition('.')[0]
    message = f'{entry.facts.python_name} is a function: it has no attribute {name!r}.'
    return cell.diagnostic('not-a-tool', message, finding.place, fix=f'Call it first: {base}(...).')


def _of_value(cell: Inspected, type_text: str, name: str, finding: Finding) -> Diagnostic | None:
    members = union_of(type_text)
    if any(map(is_coroutine, members)):
        return not_awaited(cell, finding.place, f'attribute {name!r}') if all(map(is_coroutine, members)) else None
    records = [cell.declarations[member.head] for member in members if member.head in cell.declarations]
    base = cell.segment(finding.place).rpartition('.')[0].strip()
    if records and all(member.head in cell.declarations or member.head in ('None', 'dict') for member in members):
        if hasattr(dict, name):
            return None
        keys = [field.key for record in records for field in record.fields]
        meant = name if name in keys else closest(name, keys)
        message = f'{records[0].name!r} records are dicts: they have keys, not the attribute {name!r}.'
        return cell.diagnostic('unknown-attribute', message, finding.place, fix=meant and f'{base}[{meant!r}]')
    if not all(member.head in _PLAIN or member.head == 'Literal' for member in members):
        return None
    if exists_anywhere(name) or name in cell.stores.attributes:
        if len(members) > 1 or not (_from_tool(cell, members[0]) or is_steady(cell, base)):
            return None
    kind = _kind(members[0])
    meant = closest(name, sorted(cell.support.methods.get(kind, ())))
    fix = f'{base}.{meant}' if meant else None
    if fix is None and kind == 'list' and _from_tool(cell, members[0]):
        fix = f'It is a list: take an item of it first, as in {base}[0], or loop over it.'
    message = f'A {kind} has no attribute {name!r}.'
    return cell.diagnostic('unknown-attribute', message, finding.place, fix=fix)


def _kind(member: TypeText) -> str:
    if member.head != 'Literal':
        return member.head
    value = getattr(member.arguments[0], 'value', None) if member.arguments else None
    return type(value).__name__ if value is not None else 'value'


def _from_tool(cell: Inspected, member: TypeText) -> bool:
    """Whether the type speaks of records of a tool, which no code can have guessed."""
    return bool(member.names & cell.declarations.keys())


def _asked_for(cell: Inspected, name: str) -> bool:
    """Whether the cell looks first if the attribute is there."""
    return 'hasattr' in cell.outline.loads and name in cell.text.source


@cache
def exists_anywhere(name: str) -> bool:
    """Whether anything that Python brings has an attribute of this name."""
    return name in _known_attributes()


@cache
def _known_attributes() -> frozenset[str]:
    found: set[str] = set()
    for module_name in _MODULES_WITH_CLASSES:
        module = builtins if module_name == 'builtins' else import_module(module_name)
        for value in vars(module).values():
            if isinstance(value, type):
                found.update(dir(value))
    found.update(('name', 'value', 'errno', 'strerror', 'filename', 'msg', 'args', 'code', 'fields', 'default'))
    return frozenset(found)


_MODULES_WITH_CLASSES: Final = (
    'builtins', 'asyncio', 'collections', 'csv', 'dataclasses', 'datetime', 'decimal', 'functools', 'hashlib',
    'itertools', 'json', 'os', 'pathlib', 'random', 're', 'sys', 'time', 'typing',
)  # fmt: skip
"""Modules of the standard library that Monty has and that make objects."""
