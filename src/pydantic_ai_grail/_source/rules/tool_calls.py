"""Calls to tools against their signatures and, for arguments that are written out, against their validators.

Read off the syntax tree, without the checker: these are the mistakes a model makes most, and they are always certain.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from ..._catalog.entries import Entry
from ..._catalog.signatures import Parameter
from ...diagnostics import Diagnostic
from ...suggestions import closest
from ..inspected import Inspected
from .accepting import may_accept
from .ty_texts import union_of


def tool_calls(cell: Inspected) -> Iterator[Diagnostic]:
    """What is wrong with the arguments of each call that surely goes to a tool."""
    for call in cell.outline.nodes(ast.Call):
        entry = cell.tool(call.func)
        if entry is None:
            continue
        found = [*_Call(cell, entry, call).mistakes()] or [*_literals(cell, entry, call)]
        if found:
            place = cell.place_of(call)
            if not cell.places.never_runs(place) and not cell.places.catches(place, 'TypeError', 'ValueError'):
                yield from found


class _Call:
    """One call against the signature of its tool."""

    def __init__(self, cell: Inspected, entry: Entry, call: ast.Call) -> None:
        self.cell = cell
        self.entry = entry
        self.call = call
        self.parameters = entry.signature.parameters
        self.positional = positional(entry)
        self.names = [parameter.name for parameter in self.parameters]
        self.has_star = any(isinstance(argument, ast.Starred) for argument in call.args)
        self.has_spread = any(word.arg is None for word in call.keywords)

    def mistakes(self) -> Iterator[Diagnostic]:
        given = [] if self.has_star else [parameter.name for parameter in self.positional[: len(self.call.args)]]
        missing = self._missing(given)
        for word in self.call.keywords:
            if word.arg is None or (word.arg in self.names and word.arg not in given):
                continue
            if word.arg in given:
                yield self._twice(word)
            elif not self.entry.signature.takes_any_keyword:
                meant = closest(word.arg, missing) or closest(word.arg, self.names)
                if meant is None and len(missing) == 1:
                    meant = missing[0]
                missing = [name for name in missing if name != meant]
                yield self._unknown(word, meant)
        if not self.has_star and len(self.call.args) > len(self.positional):
            yield self._too_many(missing)
        elif missing:
            yield self._lacking(missing)

    def _missing(self, given: list[str]) -> list[str]:
        if self.has_star or self.has_spread:
            return []
        named = {word.arg for word in self.call.keywords} | {*given}
        return [each.name for each in self.parameters if each.default is None and each.name not in named]

    def _unknown(self, word: ast.keyword, meant: str | None) -> Diagnostic:
        name = self.entry.facts.python_name
        takes = ', '.join(self.names) or 'nothing'
        message = f'{name}() has no parameter {word.arg!r}. It takes: {takes}.'
        return self._at(word, 'unknown-argument', message, meant)

    def _twice(self, word: ast.keyword) -> Diagnostic:
        name = self.entry.facts.python_name
        message = f'{name}() is given {word.arg!r} twice: by its place among the arguments and by its name.'
        return self._at(word, 'duplicate-argument', message, signature_text(self.entry))

    def _too_many(self, missing: list[str]) -> Diagnostic:
        name, count = self.entry.facts.python_name, len(self.positional)
        by_name = [each.name for each in self.parameters if each not in self.positional]
        message = (
            f'{name}() takes {count} argument{"" if count == 1 else "s"} by place and is given {len(self.call.args)}.'
        )
        surplus = self.call.args[count]
        fix = signature_text(self.entry)
        if by_name:
            wanted = next((each for each in missing if each in by_name), by_name[0])
            message += f' By name only: {", ".join(by_name)}.'
            fix = f'{wanted}={ast.unparse(surplus)}'
        return self._at(surplus, 'too-many-arguments', message, fix)

    def _lacking(self, missing: list[str]) -> Diagnostic:
        annotations = {each.name: each.annotation for each in self.parameters}
        name = self.entry.facts.python_name
        names = ', '.join(f'{each!r} ({annotations[each]})' for each in missing)
        return self._at(self.call, 'missing-argument', f'{name}() also needs {names}.', signature_text(self.entry))

    def _at(self, node: ast.expr | ast.keyword, code: str, message: str, fix: str | None) -> Diagnostic:
        return self.cell.diagnostic(code, message, self.cell.place_of(node), fix=fix)


def positional(entry: Entry) -> list[Parameter]:
    """The parameters that may be given by place, in their order."""
    return [parameter for parameter in entry.signature.parameters if not parameter.keyword_only]


def signature_text(entry: Entry) -> str:
    """How to call the tool, in one sentence of at most some 200 characters."""
    words: list[str] = []
    seen_keyword_only = False
    for parameter in entry.signature.parameters:
        if parameter.keyword_only and not seen_keyword_only:
            words.append('*')
            seen_keyword_only = True
        default = '' if parameter.default is None else f' = {parameter.default}'
        words.append(f'{parameter.name}: {parameter.annotation}{default}')
    text = f'{entry.facts.python_name}({", ".join(words)})'
    if len(text) > 200:
        text = f'{entry.facts.python_name}({", ".join(each.name for each in entry.signature.parameters)})'
    return f'Its signature: {text}.'


_OPAQUE = object()


def _literals(cell: Inspected, entry: Entry, call: ast.Call) -> Iterator[Diagnostic]:
    """Arguments that are written out and that the tool's validator does not accept."""
    if any(isinstance(argument, ast.Starred) for argument in call.args):
        return
    by_name = {parameter.name: parameter for parameter in entry.signature.parameters}
    given: dict[str, tuple[Parameter, ast.expr]] = {}
    for parameter, argument in zip(positional(entry), call.args, strict=False):
        given[parameter.key] = (parameter, argument)
    for word in call.keywords:
        if word.arg in by_name:
            given[by_name[word.arg].key] = (by_name[word.arg], word.value)
    known = {
        key: value
        for key, (parameter, argument) in given.items()
        if (value := literal(argument)) is not _OPAQUE and (value is not None or parameter.default is None)
    }  # `None` for an optional parameter says that it is not given
    objections = _by_validator if cell.validate is not None and not entry.arguments_as_json else _by_annotation
    for objection in objections(cell, entry, known, {key: given[key][0] for key in known}):
        parameter, argument = given[objection.key]
        place = cell.place_of(argument)
        if not cell.places.catches(place, 'ValueError'):
            fix = objection.fix or _option(parameter, known[objection.key])
            fix = fix or converted(parameter.annotation, known[objection.key], cell.segment(place))
            yield cell.diagnostic(objection.code, objection.message, place, fix=fix)


class _Objection(NamedTuple):
    """What speaks against one argument."""

    key: str
    """The tool's own name of the argument."""
    code: str
    message: str
    fix: str | None = None


def _by_validator(
    cell: Inspected, entry: Entry, known: dict[str, Any], parameters: dict[str, Parameter]
) -> Iterator[_Objection]:
    """What the tool's validator says, one objection for each argument."""
    name, seen = entry.facts.python_name, set[str]()
    for error in cell.validate(name, known) if cell.validate is not None and known else ():
        key = str(error.path[0]) if error.path else ''
        if key not in known or key in seen:
            continue
        seen.add(key)
        inner = str(error.path[-1])
        called = f'{name}({parameters[key].name}=...)'
        if error.kind == 'missing':
            yield _Objection(
                key, 'missing-key', f'{called} lacks the key {inner!r}.', f'Add {inner!r}: ... to the dict.'
            )
        elif error.kind == 'extra_forbidden':
            yield _Objection(key, 'unknown-key', f'{called} takes no key {inner!r}.', f'Leave {inner!r} out.')
        else:
            at = ''.join(f'[{step!r}]' for step in error.path[1:] if isinstance(step, int))
            value = f'{parameters[key].name}{at} = {_short(known[key])}'
            yield _Objection(key, 'wrong-type', f'{name}() cannot take {value}: {error.message}.')


def _by_annotation(
    cell: Inspected, entry: Entry, known: dict[str, Any], parameters: dict[str, Parameter]
) -> Iterator[_Objection]:
    """What the annotation alone says, for tools whose validator accepts anything."""
    for key, value in known.items():
        annotation = parameters[key].annotation
        if not may_accept(annotation, value, cell.declarations):
            what = f'{parameters[key].name} as {annotation}'
            yield _Objection(
                key, 'wrong-type', f'{entry.facts.python_name}() takes {what}, and {_short(value)} is none.'
            )


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f'{text[:57]}...'


def _option(parameter: Parameter, value: Any) -> str | None:
    """The allowed literal that was most likely meant."""
    options: list[Any] = []
    for node in ast.walk(ast.parse(parameter.annotation, mode='eval')):
        match node:
            case ast.Subscript(value=ast.Name(id='Literal'), slice=inner):
                items = inner.elts if isinstance(inner, ast.Tuple) else [inner]
                options += [each.value for each in items if isinstance(each, ast.Constant)]
            case _:
                pass
    if not options:
        return None
    meant = closest(value, [each for each in options if isinstance(each, str)]) if isinstance(value, str) else None
    return repr(meant) if meant else f'One of {", ".join(map(repr, options))}.'


def converted(annotation: str, value: Any, source: str) -> str | None:
    """How a plain value is written for a parameter of another plain type, if that is plain as well."""
    kinds = {member.kind for member in union_of(annotation)}
    if 'str' in kinds and isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return repr(source) if source.replace('.', '').isdigit() else f'str({source})'
    if isinstance(value, str) and kinds & {'list', 'set', 'tuple', 'frozenset'}:
        return f'{{{source}}}' if kinds & {'set', 'frozenset'} else f'[{source}]'
    return None


def literal(node: ast.expr) -> Any:
    """The value of an expression that is written out, or `_OPAQUE`."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return _OPAQUE
