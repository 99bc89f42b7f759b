"""Python values as JSON data a model can read, within a budget of characters.

Nothing is guessed and nothing gets lost on the way: what JSON has no word for becomes the text Python shows for it.
Work stops as soon as the budget is spent, so a value of a million items costs no more than one that just fits.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Set, Sized
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, Final, TypeAlias, cast

from .._common.exact_type import exact_type
from .._common.short_repr import size_of_large_int
from .files import FoundFiles

Scalar: TypeAlias = bool | int | float | str | None
Json: TypeAlias = 'Scalar | list[Json] | dict[str, Json]'

_PLAIN_LEAVES: Final = frozenset({str, int, float, bool, type(None)})
"""No files, and nothing in them."""
_OTHER_LEAVES: Final = frozenset({Decimal, datetime, date, time, timedelta})
"""No files either, and nothing in them that is shown by itself."""
_SMALL: Final = 2**63
"""Whole numbers up to this are written out, whatever the limits of this Python are."""
_DEEPEST: Final = 60
"""Levels of nesting. JSON readers give up near 200, and no reader, human or model, follows that far."""
_LONGEST_COMPOSED_KEY: Final = 1_000
_LARGEST_SORTED_SET: Final = 20_000
_EXACT_DIGITS: Final = 15
"""Decimal digits that a double keeps."""
_LARGEST_WHOLE: Final = 28
"""A whole `Decimal` below ten to this is written out; that is the precision which `decimal` calculates with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """A value as JSON data."""

    data: Json
    chars: int
    """Length of its compact JSON text, escapes not counted."""


def to_plain(
    value: Any, *, max_chars: int, found: FoundFiles | None = None, decimals_as_text: bool = False
) -> Plain | None:
    """`value` as JSON data, or `None` when it takes more than `max_chars` characters or is nested too deeply.

    Files are kept in `found`; data has a short reference in their place.

    | Python | JSON |
    |---|---|
    | `None`, `bool`, `int`, `float`, `str` | as they are |
    | `nan`, `inf` | `"nan"`, `"inf"`, `"-inf"` |
    | `datetime`, `date`, `time` | ISO 8601 text, UTC as `Z` |
    | `Decimal` | a number where that is exactly the same, else its text; always that with `decimals_as_text`, with all its digits |
    | `timedelta`, `complex` and all else | the text `str()` gives |
    | `bytes` | its text when it is printable UTF-8, else `"<1,234 bytes>"` |
    | `list`, `tuple` | array |
    | `set`, `frozenset` | array, sorted |
    | `dict`, dataclass | object; keys as text, `1` and `"1"` stay apart |
    """
    conversion = _Conversion(max_chars, found, decimals_as_text)
    try:
        data = conversion.convert(value, 0)
    except _OverBudget:
        return None
    return Plain(data=data, chars=max_chars - conversion.remaining)


class _OverBudget(Exception):
    """More characters, or levels, than were allowed."""


class _Conversion:
    """One value's. The values that JSON has too, and exact dicts of them, are most of what there is: these go no way round."""

    def __init__(self, max_chars: int, found: FoundFiles | None, decimals_as_text: bool) -> None:
        self.remaining = max_chars
        self.found = found
        self.decimals_as_text = decimals_as_text

    def convert(self, value: Any, depth: int) -> Json:
        if depth > _DEEPEST:
            raise _OverBudget
        kind = exact_type(value)
        if kind in _PLAIN_LEAVES:
            if kind is str and len(value) > self.remaining:
                raise _OverBudget
            is_as_it_is = value.isascii() if kind is str else kind is int and -_SMALL < value < _SMALL
            data: Scalar = value if is_as_it_is else leaf(value)
            self.remaining -= len(data) + 2 if isinstance(data, str) else len(str(data))
            if self.remaining < 0:
                raise _OverBudget
            return data
        if kind is list or kind is tuple:
            self._charge(2)
            return [self._element(item, depth) for item in value]
        if kind is dict and 'kind' not in value:  # a file has one
            self._charge(2)
            return self._object(value.items(), depth)
        if kind in _OTHER_LEAVES:
            return self._leaf(value)
        return self._by_its_bases(value, depth)

    def _by_its_bases(self, value: Any, depth: int) -> Json:
        if self.found is None:
            self.found = FoundFiles()
        if (reference := self.found.reference(value)) is not None:
            return self._spend(reference)
        if (items := items_of(value, at_most=self.remaining)) is not None:
            self._charge(2)
            return [self._element(item, depth) for item in items]
        if (pairs := pairs_of(value)) is not None:
            self._charge(2)
            return self._object(pairs, depth)
        if isinstance(value, str | bytes | bytearray) and len(value) > self.remaining:
            raise _OverBudget
        return self._leaf(value)

    def _leaf(self, value: Any) -> Json:
        return self._spend(str(value) if self.decimals_as_text and isinstance(value, Decimal) else leaf(value))

    def _object(self, pairs: Iterable[tuple[Any, Any]], depth: int) -> Json:
        data: dict[str, Json] = {}
        for key, value in pairs:
            text = key if type(key) is str and key not in data and key.isascii() else key_text(key, taken=data)
            self.remaining -= len(text) + 4
            if self.remaining < 0:
                raise _OverBudget
            data[text] = self.convert(value, depth + 1)
        return data

    def _element(self, value: Any, depth: int) -> Json:
        self._charge(1)
        return self.convert(value, depth + 1)

    def _spend(self, data: Scalar) -> Json:
        self._charge(leaf_chars(data))
        return data

    def _charge(self, chars: int) -> None:
        self.remaining -= chars
        if self.remaining < 0:
            raise _OverBudget


def items_of(value: Any, *, at_most: int) -> Iterable[Any] | None:
    """The elements of a list-like value in the order they are shown in, or `None` for a value of another kind.

    Of a large set, only the first `at_most` elements of that order are there.
    """
    if isinstance(value, list | tuple):
        return cast(Iterable[Any], value)
    if isinstance(value, Set):
        return _sorted_set(cast(Set[Any], value), max(at_most, 1))
    return None


def pairs_of(value: Any) -> Iterable[tuple[Any, Any]] | None:
    """The keys and values of a dict-like value, or `None` for a value of another kind."""
    if isinstance(value, Mapping):
        return cast(Mapping[Any, Any], value).items()
    if is_dataclass(value) and not isinstance(value, type):
        return [(field.name, getattr(value, field.name)) for field in fields(value)]
    return None


def leaf(value: Any) -> Scalar:
    """A value without parts as JSON has it, or as text."""
    match value:
        case None | bool():
            return value
        case int():
            return size_of_large_int(value) or value
        case float():
            return value if math.isfinite(value) else str(value)
        case str():
            return value if value.isascii() else _in_utf8(value)
        case datetime() | date() | time():
            return iso_text(value)
        case Decimal():
            return _number(value)
        case timedelta() | complex():
            return str(value)
        case bytes() | bytearray():
            return bytes_text(bytes(value))
        case BaseException():
            return f'{type(value).__name__}: {value}'
        case _:
            return '...' if value is ... else str(value)


def _in_utf8(text: str) -> str:
    """A text that UTF-8 has: lone surrogates are written out."""
    return text.encode('utf-8', 'backslashreplace').decode('utf-8')


def iso_text(value: date | time) -> str:
    """Three tokens shorter than `isoformat` where the time is UTC, and still what RFC 3339 and `fromisoformat` read."""
    text = value.isoformat()
    return text.removesuffix('+00:00') + 'Z' if text.endswith('+00:00') else text


def _number(value: Decimal) -> Scalar:
    """A number of JSON that every reader takes for the same one, as `Decimal`, as a double or as text.

    Whole numbers are written as those of type `int` are; others only where a double keeps all of their digits.
    """
    if not value.is_finite() or abs(value.adjusted()) > _LARGEST_WHOLE:
        return str(value)
    if value == value.to_integral_value():
        return int(value)
    if len(value.as_tuple().digits) > _EXACT_DIGITS or value.adjusted() < -_EXACT_DIGITS:
        return str(value)
    number = float(value)
    return number if Decimal(repr(number)) == value else str(value)


def leaf_chars(data: Scalar) -> int:
    """Length of a leaf's JSON text, escapes not counted."""
    return len(data) + 2 if isinstance(data, str) else len(str(data))


def bytes_text(value: bytes) -> str:
    """Bytes as their text where they are readable text, else their number."""
    try:
        text = value.decode('utf-8')
    except UnicodeDecodeError:
        return f'<{len(value):,} bytes>'
    return text if text.translate(_LINE_BREAKS).isprintable() else f'<{len(value):,} bytes>'


_LINE_BREAKS: Final = str.maketrans('', '', '\n\r\t')


def key_text(key: Any, *, taken: Mapping[str, Any]) -> str:
    """A dict key as a JSON key. Two keys that read the same (`1` and `'1'`) are told apart by the type of one."""
    text = _composed_key(cast('Sized', key)) if type(key) in (tuple, frozenset) else str(leaf(key))
    while text in taken:
        text = f'{text} ({type(key).__name__})'
    return text


def _composed_key(key: Sized) -> str:
    """A key of several parts as Python shows it, or what it is, where that would be long."""
    if to_plain(key, max_chars=_LONGEST_COMPOSED_KEY) is not None:
        return str(key)
    return f'<{type(key).__name__} of {len(key):,} items>'


def _sorted_set(value: Set[Any], at_most: int) -> Iterable[Any]:
    if len(value) > _LARGEST_SORTED_SET:
        return islice(value, at_most)
    try:
        return heapq.nsmallest(at_most, value)
    except TypeError:
        return heapq.nsmallest(at_most, value, key=lambda item: (type(item).__name__, str(item)))
