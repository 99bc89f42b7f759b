"""Calls that Monty cannot make: options it does not know, methods its types lack, iterators that would never end."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from ..._monty.support import Support
from ...events.diagnostics import Diagnostic
from ..outline import Outline
from .alternatives import instead_of_method, instead_of_option
from .finding import finding
from .missing_names import is_guarded

_AMBIGUOUS: Final = frozenset({'translate', 'expand', 'scanner', 'full_match', 'combine'})
"""Methods that a class of the session may well have too; they count only where the receiver is a literal."""

ENDLESS: Final = frozenset({'itertools.count', 'itertools.cycle', 'count', 'cycle'})
_CATCHES_TYPES: Final = frozenset({'TypeError', 'Exception', 'BaseException'})
_CATCHES_ATTRIBUTES: Final = frozenset({'AttributeError', 'Exception', 'BaseException'})


def calls(outline: Outline, support: Support, attributes: frozenset[str]) -> Iterator[Diagnostic]:
    """All such calls of a cell. `attributes` are those that objects of the session may have."""
    lacking = support.lacking_methods - attributes
    options = {key.removesuffix('=)'): runs for key, runs in support.features.items() if key.endswith('=)')}
    for call in outline.nodes(ast.Call):
        if call.keywords:
            yield from _options(outline, call, options)
        if isinstance(call.func, ast.Attribute) and call.func.attr in lacking:
            found = _method(outline, call, call.func)
            if found is not None:
                yield found
    if not support.has('lazy-generators'):
        for generator in outline.nodes(ast.GeneratorExp):
            if (endless := _endless(outline, generator)) is not None:
                yield endless


def _options(outline: Outline, call: ast.Call, options: dict[str, bool]) -> Iterator[Diagnostic]:
    dotted = outline.dotted(call.func)
    if dotted is None or is_guarded(outline, call, _CATCHES_TYPES):
        return
    for keyword in call.keywords:
        if options.get(f'{dotted}({keyword.arg}') is False:
            message = f'{dotted.rpartition(".")[2]} has no option `{keyword.arg}` here.'
            fix = instead_of_option(dotted, keyword.arg or '', fields=_fields(outline.parents[call]))
            yield finding(outline.text, keyword, 'unsupported-option', message, fix)


def _fields(decorated: ast.AST) -> Iterator[str]:
    """The names that the body of a class annotates."""
    for statement in decorated.body if isinstance(decorated, ast.ClassDef) else ():
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id


def _method(outline: Outline, call: ast.Call, method: ast.Attribute) -> Diagnostic | None:
    """A method that CPython's types have and none of Monty's. A class of the cell may have it as well."""
    is_literal = isinstance(method.value, ast.Constant | ast.JoinedStr | ast.List | ast.Dict | ast.Set | ast.Tuple)
    if method.attr in _AMBIGUOUS and not is_literal:
        return None
    if any(function.name == method.attr for function in outline.nodes(ast.FunctionDef, ast.AsyncFunctionDef)):
        return None
    if outline.dotted(method) is not None and '.' in (outline.dotted(method.value) or ''):
        return None  # of a module or a class, which `names` looks at
    if is_guarded(outline, call, _CATCHES_ATTRIBUTES):
        return None
    message = f'The method {method.attr}() is not available here.'
    return finding(outline.text, method, 'unsupported-method', message, instead_of_method(method.attr))


def _endless(outline: Outline, generator: ast.GeneratorExp) -> Diagnostic | None:
    """A generator expression is built as a list before anything takes from it."""
    iterated = generator.generators[0].iter
    if not isinstance(iterated, ast.Call) or outline.dotted(iterated.func) not in ENDLESS:
        return None
    message = 'A generator expression over an endless iterator never gets done here: it is built as a list first.'
    fix = 'Loop with while, and break: n = 0; while not found(n): n += 1.'
    return finding(outline.text, generator, 'endless-generator', message, fix)
