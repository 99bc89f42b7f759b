"""Calls to tools against their signatures and, for arguments that are written out, against their validators.

Read off the syntax tree, without the checker: these are the mistakes a model makes most, and they are always certain.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from ..._catalog.entries import Entry
from ..._catalog.signatures import Parameter
from ..._common.suggestions import closest
from ...events.diagnostics import Diagnostic
from ..inspected import Inspected, Suspicion
from .literal_arguments import Given, literal_arguments
from .ty_texts import union_of
from .whole_records import fits_whole, is_no_dict, parameter_named, whole_argument, written_whole


def tool_calls(cell: Inspected) -> Iterator[Diagnostic]:
    """What is wrong with the arguments of each call that surely goes to a tool."""
    for call, entry in _calls(cell):
        whole = whole_argument(entry, call)
        if whole is not None and not isinstance(whole, ast.Dict):
            # It may be a dict of all parameters.
            given = _Given(cell, entry, call)
            yield from () if [*given.mistakes()] else literal_arguments(cell, entry, given.literals())
        else:
            yield from _Given(cell, entry, call).all_mistakes()


def given_whole_or_not(cell: Inspected) -> Iterator[Suspicion]:
    """Calls with too few arguments, unless the one that is given is a dict of all of them: its type tells."""
    for call, entry in _calls(cell):
        whole = whole_argument(entry, call)
        if whole is None or isinstance(whole, ast.Dict) or not [*_Given(cell, entry, call).mistakes()]:
            continue

        def decide(type_text: str, call: ast.Call = call, entry: Entry = entry) -> Diagnostic | None:
            members = union_of(type_text)
            records = [cell.declarations[each.head] for each in members if each.head in cell.declarations]
            if is_no_dict(type_text) or (len(records) == len(members) and not fits_whole(entry, records)):
                return next(iter(_Given(cell, entry, call).mistakes()), None)
            fields = {field.key for record in records for field in record.fields}
            lacking = [
                each.name for each in entry.signature.parameters if each.default is None and each.key not in fields
            ]
            is_known = len(records) == len(members) and not any(record.is_open for record in records)
            is_known = is_known and not (cell.stores.any_key or cell.stores.added_keys)
            return _Given(cell, entry, call).lacking(lacking) if is_known and lacking else None

        yield Suspicion(place=cell.place_of(whole), decide=decide)


def _calls(cell: Inspected) -> Iterator[tuple[ast.Call, Entry]]:
    """The calls that surely go to a tool and that run, where the code expects no error."""
    for call in cell.outline.nodes(ast.Call):
        entry = cell.tool(call.func)
        if entry is None:
            continue
        place = cell.place_of(call)
        if not cell.places.never_runs(place) and not cell.places.catches(place, 'TypeError', 'ValueError'):
            yield call, entry


class _Word(NamedTuple):
    """An argument that is given by name."""

    name: str
    value: ast.expr
    node: ast.expr | ast.keyword
    """Where the name stands."""


class _Given:
    """One call against the signature of its tool."""

    def __init__(self, cell: Inspected, entry: Entry, call: ast.Call) -> None:
        self.cell = cell
        self.entry = entry
        self.call = call
        self.parameters = entry.signature.parameters
        self.positional = positional(entry)
        self.names = [parameter.name for parameter in self.parameters]
        whole = written_whole(entry, whole_argument(entry, call))
        self.args = call.args
        self.words = [*_words(call)]
        spreads = [word.value for word in call.keywords if word.arg is None]
        self.is_whole = whole is not None
        if whole is not None:
            self.args, self.words, spreads = [], [*_keys(whole)], [whole]
        self.has_star = any(isinstance(argument, ast.Starred) for argument in self.args)
        self.has_spread = any(not _is_whole(each) for each in spreads)

    def all_mistakes(self) -> Iterator[Diagnostic]:
        found = [*self.mistakes()]
        yield from found or literal_arguments(self.cell, self.entry, self.literals())

    def mistakes(self) -> Iterator[Diagnostic]:
        given = [] if self.has_star else [parameter.name for parameter in self.positional[: len(self.args)]]
        missing = self._missing(given)
        for word in self.words:
            parameter = parameter_named(self.entry, word.name)
            name = word.name if parameter is None else parameter.name
            if name in given:
                yield self._twice(word)
            elif parameter is None and not self._may_take(word):
                meant = closest(word.name, missing) or closest(word.name, self.names)
                if meant is None and len(missing) == 1:
                    meant = missing[0]
                missing = [name for name in missing if name != meant]
                yield self._unknown(word, meant)
        takes_more = self.entry.signature.variadic is not None
        if not self.has_star and not takes_more and len(self.args) > len(self.positional):
            yield self._too_many(missing)
        elif missing:
            yield self.lacking(missing)

    def _may_take(self, word: _Word) -> bool:
        """Whether the tool may take a key that is no parameter. Of one that nothing forbids, a spread is no slip."""
        signature = self.entry.signature
        is_spread = isinstance(word.node, ast.Constant) and not self.is_whole
        return signature.takes_any_keyword or (signature.allows_unnamed and is_spread)

    def literals(self) -> dict[str, Given]:
        """The arguments that are surely given, by the tool's own names."""
        if self.has_star:
            return {}
        given: dict[str, Given] = {}
        for parameter, argument in zip(self.positional, self.args, strict=False):
            given[parameter.key] = Given(name=parameter.name, node=argument, parameter=parameter)
        for word in self.words:
            parameter = parameter_named(self.entry, word.name)
            key = word.name if parameter is None else parameter.key
            given[key] = Given(name=word.name, node=word.value, parameter=parameter)
        return given

    def _missing(self, given: list[str]) -> list[str]:
        if self.has_star or self.has_spread:
            return []
        found = [parameter_named(self.entry, word.name) for word in self.words]
        named = {parameter.name for parameter in found if parameter is not None} | {*given}
        return [each.name for each in self.parameters if each.default is None and each.name not in named]

    def _unknown(self, word: _Word, meant: str | None) -> Diagnostic:
        name = self.entry.facts.python_name
        takes = ', '.join(self.names) or 'nothing'
        message = f'{name}() has no parameter {word.name!r}. It takes: {takes}.'
        fix = repr(meant) if meant is not None and isinstance(word.node, ast.Constant) else meant
        return self._at(word.node, 'unknown-argument', message, fix)

    def _twice(self, word: _Word) -> Diagnostic:
        name = self.entry.facts.python_name
        message = f'{name}() is given {word.name!r} twice: by its place among the arguments and by its name.'
        return self._at(word.node, 'duplicate-argument', message, signature_text(self.entry))

    def _too_many(self, missing: list[str]) -> Diagnostic:
        name, count = self.entry.facts.python_name, len(self.positional)
        by_name = [each.name for each in self.parameters if each not in self.positional]
        message = f'{name}() takes {count} argument{"" if count == 1 else "s"} by place and is given {len(self.args)}.'
        surplus = self.args[count]
        fix = signature_text(self.entry)
        if by_name:
            wanted = next((each for each in missing if each in by_name), by_name[0])
            message += f' By name only: {", ".join(by_name)}.'
            fix = f'{wanted}={ast.unparse(surplus)}'
        return self._at(surplus, 'too-many-arguments', message, fix)

    def lacking(self, missing: list[str]) -> Diagnostic:
        annotations = {each.name: each.annotation for each in self.parameters}
        name = self.entry.facts.python_name
        names = ', '.join(f'{each!r} ({annotations[each]})' for each in missing)
        return self._at(self.call, 'missing-argument', f'{name}() also needs {names}.', signature_text(self.entry))

    def _at(self, node: ast.expr | ast.keyword, code: str, message: str, fix: str | None) -> Diagnostic:
        return self.cell.diagnostic(code, message, self.cell.place_of(node), fix=fix)


def _words(call: ast.Call) -> Iterator[_Word]:
    """What a call gives by name, also in a dict that is written out: `f(**{'from': 1})`."""
    for word in call.keywords:
        if word.arg is not None:
            yield _Word(word.arg, word.value, word)
        elif isinstance(word.value, ast.Dict):
            yield from _keys(word.value)


def _keys(written: ast.Dict) -> Iterator[_Word]:
    for key, value in zip(written.keys, written.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield _Word(key.value, value, key)


def _is_whole(written: ast.expr) -> bool:
    """Whether all keys of a dict can be read."""
    return isinstance(written, ast.Dict) and all(
        isinstance(key, ast.Constant) and isinstance(key.value, str) for key in written.keys
    )


def positional(entry: Entry) -> list[Parameter]:
    """The parameters that may be given by place, in their order."""
    return [parameter for parameter in entry.signature.parameters if not parameter.keyword_only]


def signature_text(entry: Entry) -> str:
    """How to call the tool, in one sentence of at most some 200 characters."""
    words: list[str] = []
    seen_keyword_only = False
    for parameter in entry.signature.parameters:
        if parameter.is_variadic:
            seen_keyword_only = True
            words.append(f'*{parameter.name}: {parameter.item}')
            continue
        if parameter.keyword_only and not seen_keyword_only:
            words.append('*')
            seen_keyword_only = True
        default = '' if parameter.default is None else f' = {parameter.default}'
        words.append(f'{parameter.name}: {parameter.annotation}{default}')
    text = f'{entry.facts.python_name}({", ".join(words)})'
    if len(text) > 200:
        text = f'{entry.facts.python_name}({", ".join(each.name for each in entry.signature.parameters)})'
    return f'Its signature: {text}.'
