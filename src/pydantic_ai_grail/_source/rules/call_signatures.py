"""Calls that do not fit a signature, where the checker must say so: own functions, and tools under another name."""

from __future__ import annotations

import ast

from ..._common.suggestions import closest
from ...events.diagnostics import Diagnostic
from ..inspected import Finding, Inspected, Suspicion
from . import ty_texts
from .attributes import PLAIN_TYPES
from .ty_texts import union_of

_CODES = {
    'unknown-argument': 'unknown-argument',
    'missing-argument': 'missing-argument',
    'too-many-positional-arguments': 'too-many-arguments',
    'parameter-already-assigned': 'duplicate-argument',
}


def misfit(cell: Inspected, finding: Finding) -> Diagnostic | Suspicion | None:
    """An argument too many, too few or under a wrong name. Calls to a tool by its own name are `tool_calls.py`'s."""
    match = ty_texts.CALLEE.search(finding.message)
    call = _call_at(cell, finding)
    if match is None or match['kind'] != 'function' or call is None or cell.tool(call.func) is not None:
        return None
    if cell.places.never_runs(finding.place) or cell.places.catches(finding.place, 'TypeError'):
        return None
    name = match['callee']
    parameters = _parameters(cell, name, call)
    if parameters is None:
        return None
    if name in cell.catalog.entries and ast.unparse(call.func) != name:

        def decide(type_text: str) -> Diagnostic | None:
            called = ty_texts.FUNCTION.match(type_text)
            is_only = called is not None and ' | ' not in type_text.replace(type_text.partition(') -> ')[0], '')
            return _misfit(cell, finding, name, parameters) if is_only else None

        return Suspicion(place=cell.place_of(call.func), decide=decide)
    return _misfit(cell, finding, name, parameters)


def _misfit(cell: Inspected, finding: Finding, name: str, parameters: list[str]) -> Diagnostic:
    code = _CODES[finding.code]
    called = f'{name}()'
    if unknown := ty_texts.NO_PARAMETER.search(finding.message):
        meant = closest(unknown['name'], parameters)
        message = f'{called} has no parameter {unknown["name"]!r}. It takes: {", ".join(parameters) or "nothing"}.'
        return cell.diagnostic(code, message, finding.place, fix=meant)
    if missing := ty_texts.NO_ARGUMENT.search(finding.message):
        names = missing['names'].replace('`', "'")
        return cell.diagnostic(code, f'{called} needs {names}.', finding.place, fix=_signature(name, parameters))
    word = 'is given a parameter twice' if code == 'duplicate-argument' else 'is given too many arguments'
    return cell.diagnostic(code, f'{called} {word}.', finding.place, fix=_signature(name, parameters))


def _signature(name: str, parameters: list[str]) -> str:
    return f'It takes: {name}({", ".join(parameters)}).'


def _parameters(cell: Inspected, name: str, call: ast.Call) -> list[str] | None:
    """The parameters of a tool that goes by another name, or of a function defined once in the session, undecorated."""
    if name in cell.catalog.entries and name not in cell.past.declared | cell.own.declared:
        return [parameter.name for parameter in cell.catalog.entries[name].signature.parameters]
    if not isinstance(call.func, ast.Name) or call.func.id != name or name in cell.unsure:
        return None
    definitions = [
        node
        for tree in (*(each.tree() for each in cell.history.cells), cell.outline.tree)
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.name == name
    ]
    match definitions:
        case [ast.FunctionDef() | ast.AsyncFunctionDef() as function] if not function.decorator_list:
            arguments = function.args
            return [each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
        case _:
            return None


def _call_at(cell: Inspected, finding: Finding) -> ast.Call | None:
    for node in cell.nodes_at(finding.place):
        parent: ast.AST | None = node
        while parent is not None and not isinstance(parent, ast.Call):
            parent = cell.outline.parents.get(parent)
        if parent is not None:
            return parent
    return None


def not_callable(cell: Inspected, finding: Finding) -> Suspicion | None:
    """A call by the name of a tool that a variable has taken."""
    match = ty_texts.NOT_CALLABLE.search(finding.message)
    call = _call_at(cell, finding)
    if match is None or call is None or cell.places.never_runs(finding.place):
        return None
    name = ast.unparse(call.func)
    if name not in cell.catalog.entries or name in cell.unsure or cell.places.catches(finding.place, 'TypeError'):
        return None

    def decide(type_text: str) -> Diagnostic | None:
        members = union_of(type_text)
        is_value = all(member.kind in PLAIN_TYPES or member.kind in cell.declarations for member in members)
        if not is_value and not cell.is_always_bound(name):
            return None
        message = f'{name!r} is a variable here and hides the tool of that name, so it cannot be called.'
        fix = f'The tool cannot be called while {name} is a variable; keep values under names that no tool has.'
        return cell.diagnostic('shadowed-tool', message, finding.place, fix=fix)

    return Suspicion(place=cell.place_of(call.func), decide=decide)
