"""Arguments that are written out and that the tool's validator does not accept, each told at the inner place it is about.

The validator is asked: Pydantic's own for functions, the JSON schema for other tools. What is suggested instead is put to
it as well, and not suggested when it does not pass.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from ..._catalog.conditions import FURTHER_KEYS
from ..._catalog.entries import Entry
from ..._catalog.signatures import Parameter
from ..._common.suggestions import closest
from ...events.diagnostics import Diagnostic
from ..inspected import Inspected
from ..places import Range
from ..validated_arguments import UNKNOWN, ArgumentError, inside
from .conversions import converted
from .record_types import annotations_at, records_at
from .written_values import key_node, keys_of, node_at, written_value

_QUOTED: Final = re.compile(r"'((?:[^'\\]|\\.)*)'")
_MOST_ALIKE: Final = 5
_CHOICES: Final = frozenset({'literal_error', 'enum'})


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One argument as a call has it."""

    name: str
    """What code calls it."""
    node: ast.expr
    parameter: Parameter | None = None
    """`None` for a key that the tool takes without naming it."""

    @property
    def annotation(self) -> str:
        return 'Any' if self.parameter is None else self.parameter.annotation

    def is_left_out(self, value: Any) -> bool:
        """`None` for an optional parameter says that it is not given."""
        return value is None and self.parameter is not None and self.parameter.default is not None


def literal_arguments(cell: Inspected, entry: Entry, given: Mapping[str, Given]) -> Iterator[Diagnostic]:
    """What the validator says of a call's arguments.

    Args:
        cell: The cell that the call is in.
        entry: The tool.
        given: The arguments, by the tool's own names.
    """
    values = {key: written_value(each.node, cell.outline) for key, each in given.items()}
    known = {key: value for key, value in values.items() if value is not UNKNOWN and not given[key].is_left_out(value)}
    if cell.validate is None or not known:
        return
    errors = [each for each in cell.validate(entry.facts.python_name, known) if each.path and each.path[0] in known]
    call = _Call(cell, entry, given, known, errors)
    for diagnostic, place in call.objections():
        if not cell.places.catches(place, 'ValueError'):
            yield diagnostic


def path_text(name: str, path: Sequence[str | int]) -> str:
    """A place inside an argument, as code: `order['lines'][0]`."""
    return name + ''.join(f'[{step!r}]' for step in path)


class _Call:
    def __init__(
        self,
        cell: Inspected,
        entry: Entry,
        given: Mapping[str, Given],
        known: dict[str, Any],
        errors: Sequence[ArgumentError],
    ) -> None:
        self.cell = cell
        self.entry = entry
        self.given = given
        self.known = known
        self.errors = errors
        self.name = entry.facts.python_name
        self.strange: list[tuple[str | int, ...]] = []
        """Keys that are there in place of others."""

    def objections(self) -> Iterator[tuple[Diagnostic, Range]]:
        missing: dict[tuple[str | int, ...], list[str]] = {}
        for error in self.errors:
            if error.kind == 'missing':
                missing.setdefault(error.path[:-1], []).append(str(error.path[-1]))
        for error in self.errors:
            if error.kind == 'extra_forbidden':
                inner = len(error.path) > 1
                yield self._strange(error.path[:-1], str(error.path[-1]), missing) if inner else self._unlisted(error)
        for path, keys in missing.items():
            for key in [*keys]:
                if key in keys and (meant := self._misspelt(path, key)) is not None:
                    yield self._strange(path, meant, missing)
        yield from (self._lacking(path, keys) for path, keys in missing.items() if keys)
        alike: dict[object, list[ArgumentError]] = {}
        for error in self.errors:
            if error.kind not in ('missing', 'extra_forbidden'):
                items = tuple(step if isinstance(step, str) else None for step in error.path)
                alike.setdefault((items, error.message), []).append(error)
        for errors in alike.values():
            yield self._wrong(*errors)

    def _misspelt(self, path: tuple[str | int, ...], key: str) -> str | None:
        """The key that stands in a dict for one that it lacks."""
        node, _ = self._node(path)
        fields = {field.key for record in self._records(path) for field in record.fields}
        reported = {str(error.path[-1]) for error in self.errors if error.kind == 'extra_forbidden'}
        return closest(key, [each for each in keys_of(node) if each not in fields | reported]) if fields else None

    def _strange(
        self, path: tuple[str | int, ...], key: str, missing: Mapping[tuple[str | int, ...], list[str]]
    ) -> tuple[Diagnostic, Range]:
        """A key that the record has not, perhaps in place of one that is missing."""
        node, _ = self._node(path)
        self.strange.append((*path, key))
        lacking = missing.get(path, [])
        records = self._records(path)
        fields = [*dict.fromkeys(field.key for record in records for field in record.fields)]
        there = {*keys_of(node)}
        meant = closest(key, lacking) or closest(key, [each for each in fields if each not in there])
        if meant is None and len(lacking) == 1 and len(there) == len(fields):
            meant = lacking[0]
        if meant in lacking:
            lacking.remove(meant)
        takes = f' It takes: {", ".join(fields)}.' if fields else ''
        message = f'{self.name}() takes no {self._text((*path, key))}.{takes}'
        place = self._key_place(node, key)
        fix = f'Leave {key!r} out.' if meant is None else repr(meant) if isinstance(node, ast.Dict) else meant
        return self.cell.diagnostic('unknown-key', message, place, fix=fix), place

    def _unlisted(self, error: ArgumentError) -> tuple[Diagnostic, Range]:
        """A keyword of a tool that takes some that it does not name, and not this one."""
        given = self._own(error.path)
        name, parent = given.name, self.cell.outline.parents[given.node]
        place = self.cell.place_of(given.node)
        if isinstance(parent, ast.keyword | ast.Dict):
            found = parent if isinstance(parent, ast.keyword) else key_node(parent, name) or given.node
            start, end = self.cell.place_of(found)
            place = (start, start + len(name) if found is parent else end)
        signature = self.entry.signature
        takes = [each.name for each in signature.parameters]
        takes += [each for each in signature.conditions if each.startswith(FURTHER_KEYS)]
        message = f'{self.name}() has no parameter {name!r}.' + (f' It takes: {", ".join(takes)}.' if takes else '')
        meant = closest(name, [each.name for each in signature.parameters if each.key not in self.given])
        fix = f'Leave {name!r} out.' if meant is None else repr(meant) if isinstance(parent, ast.Dict) else meant
        return self.cell.diagnostic('unknown-argument', message, place, fix=fix), place

    def _lacking(self, path: tuple[str | int, ...], keys: Sequence[str]) -> tuple[Diagnostic, Range]:
        node, _ = self._node(path)
        place = self._place(node, path)
        names = ', '.join(map(repr, keys))
        message = f'{self.name}(): {self._text(path)} lacks the key{"" if len(keys) == 1 else "s"} {names}.'
        fields = {field.key: field.annotation for record in self._records(path) for field in record.fields}
        wanted = ', '.join(f'{key!r}: ...' + (f' ({fields[key]})' if key in fields else '') for key in keys)
        return self.cell.diagnostic('missing-key', message, place, fix=f'Add {wanted}.'), place

    def _wrong(self, error: ArgumentError, *alike: ArgumentError) -> tuple[Diagnostic, Range]:
        """A wrong value; that of other items of the same list, for the same reason, is named beside it."""
        node, steps = self._node(error.path)
        path = error.path[: steps + 1]
        value = self._value(path)
        place = self._place(node, path)
        message = f'{self.name}() cannot take {self._text(path)} = {self._written(value, place)}: {error.message}.'
        if alike:
            others = [self._text(other.path) for other in alike[:_MOST_ALIKE]]
            more = f', and {len(alike) - _MOST_ALIKE} more' if len(alike) > _MOST_ALIKE else ''
            message += f' Likewise {", ".join(others)}{more}.'
        fix = self._fix(error, path, value, self.cell.segment(place))
        return self.cell.diagnostic('wrong-type', message, place, fix=fix), place

    def _written(self, value: Any, place: Range) -> str:
        """A value as code has it, or, where that takes several lines, as Python shows it."""
        text = self.cell.segment(place)
        return short(value) if '\n' in text else cut(text)

    def _fix(self, error: ArgumentError, path: tuple[str | int, ...], value: Any, source: str) -> str | None:
        """Another way to write the value, if that is plain and passes."""
        if error.kind in _CHOICES and isinstance(value, str):
            meant = closest(value, [found.replace("\\'", "'") for found in _QUOTED.findall(error.message)])
            candidates = [] if meant is None else [repr(meant)]
        else:
            annotation = ' | '.join(annotations_at(self._own(path).annotation, path[1:], self.cell.declarations))
            found = converted(annotation, value, source) if annotation else None
            candidates = [] if found is None else [found]
        return next((each for each in candidates if self._passes(path, each)), None)

    def _passes(self, path: tuple[str | int, ...], source: str) -> bool:
        """Whether the validator takes the value that a suggestion writes."""
        value = written_value(ast.parse(source, mode='eval').body, self.cell.outline)
        if value is UNKNOWN or self.cell.validate is None:
            return False
        changed = _with(self.known, path, value)
        return not any(error.path[: len(path)] == path for error in self.cell.validate(self.name, changed))

    def _own(self, path: Sequence[str | int]) -> Given:
        return self.given[str(path[0])]

    def _records(self, path: Sequence[str | int]) -> Sequence[Any]:
        return records_at(self._own(path).annotation, path[1:], self.cell.declarations)

    def _node(self, path: Sequence[str | int]) -> tuple[ast.expr, int]:
        return node_at(self._own(path).node, path[1:])

    def _value(self, path: Sequence[str | int]) -> Any:
        value: Any = self.known
        for step in path:
            try:
                value = inside(value, step)
            except LookupError:  # an item of a set
                return value
        return value

    def _text(self, path: Sequence[str | int]) -> str:
        return path_text(self._own(path).name, path[1:])

    def _key_place(self, node: ast.expr, key: str) -> Range:
        found = key_node(node, key) or node
        place = self.cell.place_of(found)
        return (place[0], place[0] + len(key)) if isinstance(found, ast.keyword) else place

    def _place(self, node: ast.expr, path: tuple[str | int, ...]) -> Range:
        """Where a value stands; of one that has other mistakes inside only its first character."""
        start, end = self.cell.place_of(node)
        inner = [each.path for each in self.errors if each.kind != 'missing' or len(each.path) > len(path) + 1]
        has_others = any(len(each) > len(path) and each[: len(path)] == path for each in [*inner, *self.strange])
        return (start, start + 1) if has_others else (start, end)


def _with(value: Any, path: Sequence[str | int], new: Any) -> Any:
    """`value` with something else at a path."""
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(value, dict):
        known = cast('dict[Any, Any]', value)
        return type(known)({**known, step: _with(known.get(step), rest, new)})
    if isinstance(value, list | tuple) and isinstance(step, int):
        items = [*cast('list[Any]', value)]
        items[step] = _with(items[step], rest, new)
        return items if isinstance(value, list) else tuple(items)
    return new


def short(value: Any) -> str:
    return cut(repr(value))


def cut(text: str) -> str:
    return text if len(text) <= 60 else f'{text[:57]}...'
