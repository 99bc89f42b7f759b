"""Plain values as JSON that keeps their types: what a journal holds of arguments and results.

JSON's own values stand for themselves; everything else is a list that begins with a tag: `["decimal", "1.50"]`. Lists
are tagged as well, so no value can pass for another. Round-trips every value that crosses into the sandbox and back.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Final, cast


def to_typed_json(value: Any) -> str:
    """The value as compact JSON, the same text for the same value.

    Raises:
        TypeError: When the value, or one in it, is not plain data, or it nests too deep.
    """
    try:
        return _encode(_tagged(value))
    except RecursionError as error:
        raise TypeError('The value nests too deep, or contains itself.') from error


def from_typed_json(text: str) -> Any:
    """The opposite of `to_typed_json`.

    Raises:
        ValueError: When it did not write the text.
    """
    try:
        return _untagged(json.loads(text))
    except (LookupError, TypeError, ArithmeticError, RecursionError) as error:
        raise ValueError(f'This is no typed JSON: {error!r}') from error


_encode: Final = json.JSONEncoder(separators=(',', ':'), check_circular=False).encode


def _tagged(value: Any) -> Any:
    exact = cast('object', type(value))
    if exact is str:
        return (
            value if value.isascii() or not _SURROGATE.search(value) else ['text', value.encode('utf-8', _PASS).hex()]
        )
    if value is None or exact is bool:
        return value
    if exact is int:
        return value if -_LARGE <= value <= _LARGE else ['int', hex(value)]
    if exact is dict:
        return ['dict', *([_tagged(key), _tagged(item)] for key, item in cast('dict[Any, Any]', value).items())]
    if exact is float:
        return value if math.isfinite(value) else ['float', repr(value)]
    for kind, tag in _COLLECTIONS.items():
        if exact is kind:
            items = [_tagged(item) for item in cast('Iterable[Any]', value)]
            # A set has no order of its own; written in one, equal sets are equal texts.
            return [tag, *(sorted(items, key=repr) if kind in (set, frozenset) else items)]
    for kind, (tag, write, _) in _LEAVES.items():
        if isinstance(value, kind):  # libraries have dates and times of classes of their own
            return [tag, write(value)]
    raise TypeError(f'{type(value).__name__!r} is not plain data.')


def _untagged(value: Any) -> Any:
    if isinstance(value, dict):
        raise TypeError('it has an object')
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
    if tag == 'text':
        return bytes.fromhex(rest[0]).decode('utf-8', _PASS)
    return _READERS[tag](rest[0])


def _length(value: timedelta) -> list[int]:
    return [value.days, value.seconds, value.microseconds]


def _zone(value: datetime | time) -> list[Any] | None:
    """Its time zone as the sandbox has it: a fixed offset, which may have a name."""
    offset, name = value.utcoffset(), value.tzname()
    if offset is None:
        return None
    return [_length(offset), None if name == timezone(offset).tzname(None) else name]


def _zone_of(length: list[int], name: str | None) -> timezone:
    offset = timedelta(*length)
    return timezone(offset) if name is None else timezone(offset, name)


def _moment(text: str, fold: int, zone: list[Any] | None) -> datetime:
    return datetime.fromisoformat(text).replace(fold=fold, tzinfo=None if zone is None else _zone_of(*zone))


def _clock(text: str, fold: int, zone: list[Any] | None) -> time:
    return time.fromisoformat(text).replace(fold=fold, tzinfo=None if zone is None else _zone_of(*zone))


def _bare(value: Any) -> str:
    return value.replace(tzinfo=None).isoformat()


_LEAVES: Final[Mapping[type[Any], tuple[str, Callable[[Any], Any], Callable[[Any], Any]]]] = {
    datetime: ('datetime', lambda value: [_bare(value), value.fold, _zone(value)], lambda it: _moment(*it)),
    date: ('date', date.isoformat, date.fromisoformat),
    time: ('time', lambda value: [_bare(value), value.fold, _zone(value)], lambda it: _clock(*it)),
    timedelta: ('timedelta', _length, lambda it: timedelta(*it)),
    timezone: ('timezone', lambda value: _zone(time(tzinfo=value)), lambda it: _zone_of(*it)),
    Decimal: ('decimal', str, Decimal),
    bytes: ('bytes', lambda value: base64.b64encode(value).decode(), base64.b64decode),
    complex: ('complex', lambda value: [repr(value.real), repr(value.imag)], lambda it: complex(*map(float, it))),
    type(...): ('ellipsis', lambda _: 0, lambda _: ...),
}
_SURROGATE: Final = re.compile('[\ud800-\udfff]')
"""Halves of characters. JSON joins two of them."""
_PASS: Final = 'surrogatepass'
_LARGE: Final = 2**63
"""Beyond it integers are hexadecimal: Python does not read decimal ones of more than 4,300 digits."""
_COLLECTIONS: Final[Mapping[type[Any], str]] = {list: 'list', tuple: 'tuple', set: 'set', frozenset: 'frozenset'}
_READERS: Final = {tag: read for tag, _, read in _LEAVES.values()}
_MAKERS: Final = {tag: kind for kind, tag in _COLLECTIONS.items()}
