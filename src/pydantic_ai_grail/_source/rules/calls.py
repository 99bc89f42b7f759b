"""Calls that do not fit a signature, where the checker must say so: own functions, and tools under another name."""

from __future__ import annotations

import ast

from ...diagnostics import Diagnostic
from ...suggestions import closest
from ..inspected import Finding, Inspected
from . import ty_texts
from .coroutines import is_coroutine
from .ty_texts import union_of

_CODES = {
    'unknown-argument': 'unknown-argument',
    'missing-argument': 'missing-argument',
    'too-many-positional-arguments': 'too-many-arguments',
    'parameter-already-assigned': 'duplicate-argument',
}


def misfit(cell: Inspected, finding: Finding) -> Diagnostic | None:
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


def not_callable(cell: Inspected, finding: Finding) -> Diagnostic | None:
    """A call by the name of a tool that a variable has taken, or of a coroutine."""
    match = ty_texts.NOT_CALLABLE.search(finding.message)
    call = _call_at(cell, finding)
    if match is None or call is None or cell.places.never_runs(finding.place):
        return None
    name = ast.unparse(call.func)
    if name not in cell.catalog.entries or name in cell.unsure or cell.places.catches(finding.place, 'TypeError'):
        return None
    members = union_of(match['type'])
    if not all(member.head for member in members) or any(map(is_coroutine, members)):
        return None
    kind = cell.segment(finding.place).partition('(')[0]
    message = f'{name!r} is a variable here and hides the tool of that name, so it cannot be called.'
    fix = f'Give the variable another name, where it is assigned; until then {kind}() is not the tool.'
    return cell.diagnostic('shadowed-tool', message, finding.place, fix=fix)
