"""Plain values as JSON that keeps their types: what a journal holds of arguments and results.

JSON's own values stand for themselves; everything else is a list that begins with a tag: `["decimal", "1.50"]`. Lists
are tagged as well, so no value can pass for another. Round-trips every value that crosses into the sandbox and back.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Final, cast


def to_typed_json(value: Any) -> str:
    """The value as compact JSON, the same text for the same value.

    Raises:
        TypeError: When the value, or one in it, is not plain data.
    """
    return json.dumps(_tagged(value), separators=(',', ':'))


def from_typed_json(text: str) -> Any:
    """The opposite of `to_typed_json`.

    Raises:
        ValueError: When it did not write the text.
    """
    try:
        return _untagged(json.loads(text))
    except (KeyError, TypeError, IndexError, ArithmeticError) as error:
        raise ValueError(f'This is no typed JSON: {error!r}') from error


def _tagged(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    for kind, (tag, write, _) in _LEAVES.items():
        if type(value) is kind:
            return [tag, write(value)]
    if type(value) is int and abs(value) > _LARGE:
        return ['int', hex(value)]
    if type(value) is int or type(value) is str or (type(value) is float and math.isfinite(value)):
        return value
    if type(value) is float:
        return ['float', repr(value)]
    if type(value) is dict:
        return ['dict', *([_tagged(key), _tagged(item)] for key, item in cast('dict[Any, Any]', value).items())]
    for kind, tag in _COLLECTIONS.items():
        if type(value) is kind:
            items = [_tagged(item) for item in cast('Iterable[Any]', value)]
            # A set has no order of its own; written in one, equal sets are equal texts.
            return [tag, *(sorted(items, key=repr) if kind in (set, frozenset) else items)]
    raise TypeError(f'{type(value).__name__!r} is not plain data.')


def _untagged(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    tag, *rest = cast('list[Any]', value)
    if tag in _MAKERS:
        return _MAKERS[tag](map(_untagged, rest))
    if tag == 'dict':
        return {_untagged(key): _untagged(item) for key, item in rest}
    if tag == 'float':
        return float(rest[0])
    if tag == 'int':
        return int(rest[0], 16)
    return _READERS[tag](rest[0])


def _seconds(value: timedelta) -> list[int]:
    return [value.days, value.seconds, value.microseconds]


_LEAVES: Final[Mapping[type[Any], tuple[str, Callable[[Any], Any], Callable[[Any], Any]]]] = {
    datetime: ('datetime', lambda value: [value.isoformat(), value.fold], lambda it: _moment(*it)),
    date: ('date', date.isoformat, date.fromisoformat),
    time: ('time', lambda value: [value.isoformat(), value.fold], lambda it: _clock(*it)),
    timedelta: ('timedelta', _seconds, lambda it: timedelta(*it)),
    timezone: (
        'timezone',
        lambda value: [_seconds(value.utcoffset(None)), value.tzname(None)],
        lambda it: timezone(timedelta(*it[0]), it[1]) if it[0] != [0, 0, 0] else UTC,
    ),
    Decimal: ('decimal', str, Decimal),
    bytes: ('bytes', lambda value: base64.b64encode(value).decode(), base64.b64decode),
    complex: ('complex', lambda value: [repr(value.real), repr(value.imag)], lambda it: complex(*map(float, it))),
    type(...): ('ellipsis', lambda _: 0, lambda _: ...),
}
_LARGE: Final = 2**63
"""Beyond it integers are hexadecimal: Python does not read decimal ones of more than 4,300 digits."""
_COLLECTIONS: Final[Mapping[type[Any], str]] = {list: 'list', tuple: 'tuple', set: 'set', frozenset: 'frozenset'}
_READERS: Final = {tag: read for tag, _, read in _LEAVES.values()}
_MAKERS: Final = {tag: kind for kind, tag in _COLLECTIONS.items()}


def _moment(text: str, fold: int) -> datetime:
    return datetime.fromisoformat(text).replace(fold=fold)


def _clock(text: str, fold: int) -> time:
    return time.fromisoformat(text).replace(fold=fold)
