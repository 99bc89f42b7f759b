"""What a validator says of a call's arguments, in the words that code gets: one line for each place in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from .._catalog.entries import Entry
from .._common.short_repr import short_repr
from .._common.suggestions import closest
from .._source.rules.literal_arguments import cut, path_text
from .._source.rules.record_types import records_at
from .._source.validated_arguments import ArgumentError, inside

_MOST_LINES: Final = 8
_Path = tuple[str | int, ...]


def wrong_arguments(entry: Entry, arguments: Mapping[str, Any], errors: Sequence[ArgumentError]) -> str:
    """All that is wrong, one line each, at most eight and one that counts the rest."""
    lines = [*_lines(entry, arguments, errors)]
    left = len(lines) - _MOST_LINES
    shown = lines if left <= 1 else [*lines[:_MOST_LINES], f'- … and {left} more']
    return '\n'.join([f'{entry.facts.python_name}() was given wrong arguments:', *shown])


def _lines(entry: Entry, arguments: Mapping[str, Any], errors: Sequence[ArgumentError]) -> Iterator[str]:
    names = {parameter.key: parameter.name for parameter in entry.signature.parameters}
    missing: dict[_Path, list[str]] = {}
    for error in errors:
        if error.kind == 'missing' and len(error.path) > 1:
            missing.setdefault(error.path[:-1], []).append(str(error.path[-1]))
    strange: set[_Path] = {each.path for each in errors if each.kind == 'extra_forbidden' and len(each.path) > 1}
    for path, keys in missing.items():
        for key in [*keys]:
            there = [each for each in _keys_of(_at(arguments, path)) if each not in _fields(entry, path)]
            if key in keys and (meant := closest(key, there)) is not None:
                strange.add((*path, meant))

    def place(path: _Path) -> str:
        return path_text(names.get(str(path[0]), str(path[0])), path[1:]) if path else ''

    for path in sorted(strange, key=lambda each: [*map(str, each)]):
        keys, fields = missing.get(path[:-1], []), _fields(entry, path[:-1])
        key = str(path[-1])
        free = [each for each in fields if each not in _keys_of(_at(arguments, path[:-1]))]
        meant = closest(key, keys) or closest(key, free)
        if meant in keys:
            keys.remove(meant)
        suggestion = f'. Did you mean {meant!r}?' if meant else f'; it takes: {", ".join(fields)}' if fields else ''
        yield f'- {place(path)}: no such key{suggestion}'
    for path, keys in missing.items():
        if keys:
            yield f'- {place(path)}: lacks the key{"" if len(keys) == 1 else "s"} {", ".join(map(repr, keys))}'
    for error in errors:
        if error.path in strange or (error.kind == 'missing' and len(error.path) > 1):
            continue
        where = f'{place(error.path)}: ' if error.path else ''
        given = (
            ''
            if error.kind == 'missing' or not error.path
            else f', got {cut(short_repr(_at(arguments, error.path), max_chars=60))}'
        )
        yield f'- {where}{error.message}{given}'


def _at(arguments: Mapping[str, Any], path: _Path) -> Any:
    value: Any = dict(arguments)
    for step in path:
        try:
            value = inside(value, step)
        except LookupError:
            return value
    return value


def _keys_of(value: Any) -> list[str]:
    return [key for key in value if isinstance(key, str)] if isinstance(value, dict) else []  # pyright: ignore[reportUnknownVariableType]  # of any dict


def _fields(entry: Entry, path: _Path) -> list[str]:
    """The keys of the record at a place."""
    annotation = next((each.annotation for each in entry.signature.parameters if each.key == path[0]), 'Any')
    declarations = {each.name: each for each in entry.signature.declarations}
    found = [field.key for record in records_at(annotation, path[1:], declarations) for field in record.fields]
    return [*dict.fromkeys(found)]
