"""Attributes that an object cannot have."""

from __future__ import annotations

import ast
import builtins
import datetime
import decimal
import importlib

from ..._common.suggestions import closest
from ...events.diagnostics import Diagnostic
from ..bindings import joined
from ..inspected import Finding, Inspected, Range, Suspicion
from ..stored_attributes import ANY_ATTRIBUTE
from . import ty_texts
from .attributes import PLAIN_TYPES, exists_anywhere, instead, instead_of_whole
from .coroutines import is_coroutine, not_awaited
from .ty_texts import TypeText, union_of
from .undefined_names import IMPORT_ERRORS, no_member


def unresolved_attribute(cell: Inspected, finding: Finding) -> Diagnostic | Suspicion | None:
    """An attribute that a module lacks, that no member of a type has, or that nothing in the sandbox has."""
    place, message = finding.place, finding.message
    if cell.places.never_runs(place) or cell.places.catches(place, 'AttributeError', *IMPORT_ERRORS):
        return None
    if match := ty_texts.NO_MEMBER.search(message):
        return _of_module(cell, match['module'], match['name'], finding)
    if match := ty_texts.NO_FUNCTION_ATTRIBUTE.search(message):
        return _of_function(cell, match['function'], match['name'], finding)
    if match := ty_texts.NO_CLASS_ATTRIBUTE.search(message):
        return _of_class(cell, match['class'], match['name'], finding)
    match = ty_texts.NO_ATTRIBUTE.search(message) or ty_texts.NO_STORE.search(message)
    if match is None or _checks_for(cell, match['name']):
        return None
    members = union_of(match['type'])
    if all(map(is_coroutine, members)):
        return not_awaited(cell, place, f'attribute {match["name"]!r}', of=_base(cell, finding))
    name = match['name']
    return (
        _of_record(cell, members, name, finding)
        or _of_plain_value(cell, members, name, finding)
        or _of_instance(cell, members, name, finding)
    )


def _of_module(cell: Inspected, module: str, name: str, finding: Finding) -> Diagnostic | None:
    known = cell.support.modules.get(module)
    if known is None or name in known or f'{module}.{name}' in cell.support.modules or name in cell.stores.attributes:
        return None
    base = _base(cell, finding)
    meant = closest(name, sorted(known))
    inner = [each for each in sorted(known) if name in cell.support.classes.get(f'{module}.{each}', ())]
    if name == 'parse' and 'loads' in known:
        meant = 'loads'
    if meant is None and inner:
        meant = f'{module if module in inner else inner[0]}.{name}'
    fix = f'{base}.{meant}' if meant else None
    return cell.diagnostic('unknown-attribute', no_member(module, name, known), finding.place, fix=fix)


def _of_function(cell: Inspected, function: str, name: str, finding: Finding) -> Diagnostic | None:
    entry = cell.catalog.find(function)
    if entry is None or name.startswith('__') or function in cell.bindings.names:
        return None
    message = f'{entry.facts.python_name} is a function: it has no attribute {name!r}.'
    return cell.diagnostic('not-a-tool', message, finding.place, fix=f'Call it first: {_base(cell, finding)}(...).')


def _of_class(cell: Inspected, name_of_class: str, name: str, finding: Finding) -> Diagnostic | None:
    """`datetime.timedelta` where `datetime` is the class."""
    home = next((each for each in cell.support.classes if each.rpartition('.')[2] == name_of_class), None)
    if home is None or name in cell.support.classes[home] or _defines_class(cell, name_of_class):
        return None
    module = home.rpartition('.')[0]
    host_class = getattr(importlib.import_module(module or 'builtins'), name_of_class, None)
    if host_class is None or hasattr(host_class, name):
        return None
    message = f'The class {name_of_class!r} has no attribute {name!r}.'
    if module and name in cell.support.modules.get(module, ()):
        fix = f'Write {name} alone, with: from {module} import {name}.'
    else:
        meant = closest(name, sorted(cell.support.classes[home]))
        fix = f'{_base(cell, finding)}.{meant}' if meant else None
    return cell.diagnostic('unknown-attribute', message, finding.place, fix=fix)


def _of_record(cell: Inspected, members: tuple[TypeText, ...], name: str, finding: Finding) -> Diagnostic | None:
    records = [cell.declarations[member.head] for member in members if member.head in cell.declarations]
    if not records or not all(
        member.head in cell.declarations or member.head in ('None', 'dict') for member in members
    ):
        return None
    if hasattr(dict, name):
        return None
    if (exists_anywhere(name) or name in cell.stores.attributes) and not _is_steady(cell, finding):
        return None
    keys = [field.key for record in records for field in record.fields]
    meant = name if name in keys else closest(name, keys)
    base = _base(cell, finding)
    message = f'{base} is a dict ({records[0].name}): it has keys, not the attribute {name!r}.'
    fix = f'{base}[{meant!r}]' if meant else f'Its keys: {", ".join(keys)}.'
    return cell.diagnostic('unknown-attribute', message, finding.place, fix=fix)


def _of_plain_value(cell: Inspected, members: tuple[TypeText, ...], name: str, finding: Finding) -> Diagnostic | None:
    kinds = [member.kind for member in members if member.kind != 'None']
    if not kinds or not all(kind in PLAIN_TYPES for kind in kinds):
        return None
    if any(name in _methods(cell, kind) or _host_has(kind, name) for kind in kinds):
        return None
    is_known = exists_anywhere(name) or name in cell.stores.attributes
    if is_known and (len(kinds) > 1 or not _is_steady(cell, finding, kind_only=True)):
        return None
    base = _base(cell, finding)
    methods = _methods(cell, kinds[0])
    place, arguments = _whole(cell, finding)
    fix = None if arguments is None else instead_of_whole(kinds[0], name, base, arguments)
    if fix is None:
        place, fix = finding.place, instead(kinds[0], name, base, methods)
    if fix is None and (meant := closest(name, sorted(methods))):
        fix = f'{base}.{meant}'
    if fix is None and kinds[0] == 'dict':
        fix = f'It is a dict: its values are at keys, as in {base}[{name!r}].'
    if fix is None and kinds[0] == 'list':
        fix = f'{base} is a list: loop over it, or take an item of it first, as in {base}[0].'
    message = f'{base} is of type {kinds[0]}, which has no attribute {name!r}.'
    return cell.diagnostic('unknown-attribute', message, place, fix=fix)


def _whole(cell: Inspected, finding: Finding) -> tuple[Range, tuple[str, ...] | None]:
    """The attribute with its call, and the arguments of that; none where they do not stand one by one."""
    for node in cell.nodes_at(finding.place):
        parent = cell.outline.parents.get(node)
        if isinstance(node, ast.Attribute) and isinstance(parent, ast.Call) and parent.func is node:
            arguments = tuple(_operand(cell, each) for each in parent.args)
            is_plain = not parent.keywords and not any(isinstance(each, ast.Starred) for each in parent.args)
            is_plain = is_plain and not any('\n' in text for text in arguments)
            return cell.text.span(parent), arguments if is_plain else None
    return finding.place, ()


def _operand(cell: Inspected, node: ast.expr) -> str:
    """An argument as it can stand beside an operator."""
    is_whole = isinstance(
        node, (ast.Name, ast.Constant, ast.Attribute, ast.Subscript, ast.Call, ast.List, ast.Dict, ast.Set)
    )
    text = cell.text.segment(node)
    return text if is_whole or (text.startswith('(') and isinstance(node, ast.Tuple)) else f'({text})'


def _of_instance(cell: Inspected, members: tuple[TypeText, ...], name: str, finding: Finding) -> Diagnostic | None:
    """An attribute of an object of the session that no code gives to any object."""
    (member, *others) = members
    attributes = cell.stores.attributes
    if others or name in attributes or ANY_ATTRIBUTE in attributes or exists_anywhere(name):
        return None
    if not _defines_class(cell, member.head):
        return None
    base = _base(cell, finding)
    meant = closest(name, sorted(attributes))
    message = f'{base} is a {member.head}, which has no attribute {name!r}.'
    return cell.diagnostic('unknown-attribute', message, finding.place, fix=f'{base}.{meant}' if meant else None)


def _methods(cell: Inspected, kind: str) -> frozenset[str]:
    """The methods of a type's values here."""
    homes = (kind, f'datetime.{kind}', f'decimal.{kind}')
    return joined(cell.support.methods.get(home, frozenset[str]()) for home in homes)


def _host_has(kind: str, name: str) -> bool:
    """Whether values of the type have the attribute in CPython; then whether Monty has it is not ours to say."""
    home = builtins if hasattr(builtins, kind) else decimal if kind == 'Decimal' else datetime
    return hasattr(getattr(home, kind, None), name)


def _base(cell: Inspected, finding: Finding) -> str:
    return cell.segment(finding.place).rpartition('.')[0].rstrip()


def _is_steady(cell: Inspected, finding: Finding, *, kind_only: bool = False) -> bool:
    start = finding.place[0]
    return cell.is_steady((start, start + len(_base(cell, finding))), kind_only=kind_only)


def _checks_for(cell: Inspected, name: str) -> bool:
    """Whether the cell looks first if the attribute is there."""
    return 'hasattr' in cell.outline.loads and name in cell.text.source


def _defines_class(cell: Inspected, name: str) -> bool:
    return name in cell.class_names
