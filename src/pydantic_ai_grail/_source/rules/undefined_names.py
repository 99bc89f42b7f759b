"""Names and modules that exist nowhere."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from typing import Final

from ..._catalog.overlay import HELPERS
from ..._common.suggestions import closest
from ...events.diagnostics import Diagnostic
from ..inspected import CONSTANTS, Finding, Inspected
from ..places import Range
from ..rewrites.imports import home
from . import ty_texts
from .meant_names import meant_name

NAME_ERRORS: Final = ('NameError', 'UnboundLocalError')
IMPORT_ERRORS: Final = ('ImportError', 'ModuleNotFoundError')
_MAX_MEMBERS_SHOWN: Final = 8
_OF_A_MODULE: Final = frozenset({'__name__', '__file__', '__doc__', '__debug__', '__annotations__'})


def unresolved_reference(cell: Inspected, finding: Finding) -> Diagnostic | None:
    """A name that neither the session nor the tools nor Python has."""
    return unknown_name(cell, cell.segment(finding.place), finding.place)


def unknown_name(cell: Inspected, name: str, place: Range) -> Diagnostic | None:
    """The refusal of a name that was found to be unbound there, if nothing can have bound it."""
    if not name.isidentifier() or name in _OF_A_MODULE or cell.bindings.is_open or exists(cell, name):
        return None
    places = cell.places
    if places.is_annotation(place) or places.never_runs(place) or places.is_deferred(place):
        return None
    if places.is_quoted(place):
        return None
    if places.catches(place, *NAME_ERRORS):
        return None
    if name in cell.own.names:
        if not places.is_top_level(place) or name in cell.unsure:
            return None
        message = f'{name!r} is read before anything is assigned to it.'
        return cell.diagnostic('unknown-name', message, place, fix=f'Assign {name} before this line.')
    if name in cell.declarations:
        message = f'{name!r} is only the name of a type: its values are plain dicts, and it cannot be used in code.'
        return cell.diagnostic('unknown-name', message, place, fix='Write a dict with its keys.')
    meant = meant_name(cell, name, place)
    fix = (
        _tools_called(cell, name)
        or _tool_behind(cell, name, place)
        or _constant(name)
        or _tool_or_import(cell, name, meant)
        or meant
    )
    return cell.diagnostic('unknown-name', f'There is no name {name!r}.', place, fix=fix)


def _tool_or_import(cell: Inspected, name: str, meant: str | None) -> str | None:
    """Both, where a tool's name is near to one that the standard library has too."""
    module = home(cell.support, name)
    if module is None or meant not in cell.catalog.entries:
        return None
    return f'Call {meant}, or write before this line: from {module} import {name}.'


def _tools_called(cell: Inspected, name: str) -> str | None:
    """The tools of this bare name, where several modules have one."""
    found = [dotted for dotted in cell.catalog.entries if dotted.endswith(f'.{name}')]
    return ' or '.join(found[:4]) if len(found) > 1 else None


def _tool_behind(cell: Inspected, name: str, place: Range) -> str | None:
    """The tool that was meant by `tracker.search_issues` where there is no `tracker`."""
    for node in cell.nodes_at(place):
        match cell.outline.parents.get(node):
            case ast.Attribute(attr=attribute):
                entry = cell.catalog.find(attribute)
                return entry.facts.python_name if entry is not None else None
            case _:
                pass
    return None


def names_of_types(cell: Inspected) -> Iterator[Diagnostic]:
    """Types of the catalog used as if they were classes. The checker knows them, the sandbox does not."""
    for name in cell.outline.loads.keys() & cell.declarations.keys():
        for load in cell.outline.loads[name]:
            if cell.outline.is_free(load) and (found := unknown_name(cell, name, cell.place_of(load))):
                yield found


def only_added_to(cell: Inspected) -> Iterator[Diagnostic]:
    """`total += 1` for a name that never gets a first value. In a loop the checker takes it for bound by the loop."""
    outline = cell.outline
    added: dict[str, ast.AugAssign] = {}
    sums = Counter(node.target.id for node in outline.nodes(ast.AugAssign) if isinstance(node.target, ast.Name))
    for node in outline.nodes(ast.AugAssign):
        if isinstance(node.target, ast.Name) and outline.binding(node.target) is outline.module:
            added.setdefault(node.target.id, node)
    stores = Counter(node.id for node in outline.nodes(ast.Name) if isinstance(node.ctx, ast.Store))
    stores.update(node.name for node in outline.nodes(ast.ExceptHandler, ast.MatchAs, ast.MatchStar) if node.name)
    stores.update(node.rest for node in outline.nodes(ast.MatchMapping) if node.rest)
    for name, node in added.items():
        place = outline.text.span(node.target)
        if name in cell.past.names or name in cell.unsure or name in cell.own.declared or cell.bindings.is_open:
            continue
        if stores[name] > sums[name] or not cell.places.is_top_level(place) or cell.places.never_runs(place):
            continue
        if exists(cell, name) or cell.places.catches(place, *NAME_ERRORS):
            continue
        message = f'{name!r} is added to and never gets a first value.'
        yield cell.diagnostic(
            'unknown-name', message, place, fix=f'Assign {name} a first value before, as in {name} = 0.'
        )


def exists(cell: Inspected, name: str) -> bool:
    """Whether the session, the tools or the runtime may have the name."""
    return (
        name in cell.past.names
        or name in cell.catalog.entries
        or name in cell.catalog.modules
        or name in cell.support.builtins
        or name in HELPERS
    )


def _constant(name: str) -> str | None:
    """`true` stands for `True`; nothing else does, for a constant in place of a variable gives a wrong answer."""
    return next((constant for constant in sorted(CONSTANTS) if constant.lower() == name.lower()), None)


def unresolved_import(cell: Inspected, finding: Finding) -> Diagnostic | None:
    """A module that cannot be imported, or that lacks the member asked for."""
    if cell.places.is_deferred(finding.place):
        return None  # if it is called later, it fails there
    if cell.places.never_runs(finding.place) or cell.places.catches(finding.place, *IMPORT_ERRORS):
        return None
    if match := ty_texts.NO_MEMBER.search(finding.message):
        return _unknown_member(cell, match['module'], match['name'], finding.place)
    if match := ty_texts.NO_MODULE.search(finding.message):
        return unknown_module(cell, match['module'], finding.place)
    return None


def unknown_module(cell: Inspected, module: str, place: Range) -> Diagnostic | None:
    """The refusal of a module, if neither Monty nor the catalog has it."""
    if module in cell.support.modules or module in cell.catalog.modules or module == '__future__':
        return None
    if any(known.startswith(f'{module}.') for known in cell.support.modules):
        return None
    if cell.places.never_runs(place) or cell.places.is_deferred(place):
        return None
    if cell.places.catches(place, *IMPORT_ERRORS):
        return None
    meant = closest(module, (*cell.catalog.modules, *cell.support.modules))
    return cell.diagnostic('unknown-module', f'There is no module {module!r} here.', place, fix=meant)


def _unknown_member(cell: Inspected, module: str, name: str, place: Range) -> Diagnostic | None:
    known = cell.support.modules.get(module, frozenset())
    if name in known or f'{module}.{name}' in cell.support.modules:
        return None
    meant = closest(name, sorted(known))
    return cell.diagnostic('unknown-attribute', no_member(module, name, known), place, fix=meant)


def no_member(module: str, name: str, known: frozenset[str]) -> str:
    """That a module lacks a name; with all that it has, if that is little."""
    has = f': it has {", ".join(sorted(known))}' if 0 < len(known) <= _MAX_MEMBERS_SHOWN else ''
    return f'The module {module!r} has no {name!r} here{has}.'
