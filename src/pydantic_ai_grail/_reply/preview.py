"""Large values cut to a readable head that keeps their structure: first items, all keys, both ends of a long text.

Work is bounded by what is shown, never by what is there. What is cut says so in its place (`… 4,980 more items`),
and `describe` says how large the whole is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sized
from itertools import islice
from typing import Any, Final

from .files import FoundFiles
from .prose import CUT_MARK, cut_items, cut_keys, cut_text
from .values import Json, items_of, key_text, leaf, leaf_chars, pairs_of, to_plain

_SMALLEST_PART: Final = 30
"""Characters a part gets at least: less shows nothing that can be recognised."""
_DEEPEST: Final = 8
_LONGEST_KEY: Final = 100
_SAMPLE: Final = 50
"""Items that are measured to estimate the size of the whole."""


def preview(value: Any, *, max_chars: int, found: FoundFiles | None = None) -> Json:
    """The head of `value` as JSON data of about `max_chars` characters at most. Files in it are kept in `found`."""
    return _Head(found or FoundFiles()).shorten(value, max_chars, 0)


def short(value: Any, *, max_chars: int) -> str:
    """`value` on one line of about `max_chars` characters, as Python would write it."""
    plain = to_plain(value, max_chars=max_chars)
    text = repr(plain.data if plain is not None else preview(value, max_chars=max_chars))
    return text if len(text) <= 2 * max_chars else text[: 2 * max_chars] + CUT_MARK


def describe(value: Any) -> str:
    """What a large value is and how large: `a list of 5,000 items, some 610,000 characters of JSON`."""
    match value:
        case str():
            return f'a text of {len(value):,} characters'
        case bytes() | bytearray():
            return f'{len(value):,} bytes'
        case Sized():
            unit = 'key' if pairs_of(value) is not None else 'item'
            plural = '' if len(value) == 1 else 's'
            return f'a {type(value).__name__} of {len(value):,} {unit}{plural}' + _estimated_chars(value)
        case _:
            return f'a {type(value).__name__}'


def _estimated_chars(value: Sized) -> str:
    items = items_of(value, at_most=_SAMPLE)
    if items is None:
        return ''
    sizes = [plain.chars + 1 for item in islice(items, _SAMPLE) if (plain := to_plain(item, max_chars=10_000))]
    if not sizes:
        return ''
    chars = len(value) * sum(sizes) // len(sizes)
    magnitude = 10 ** max(len(str(chars)) - 2, 0)
    return f', some {chars // magnitude * magnitude:,} characters of JSON'


class _Head:
    def __init__(self, found: FoundFiles) -> None:
        self.found = found

    def shorten(self, value: Any, budget: int, depth: int) -> Json:
        budget = max(budget, _SMALLEST_PART)
        if (reference := self.found.reference(value)) is not None:
            return reference
        if (items := items_of(value, at_most=budget)) is not None:
            return self._first_items(items, len(value), budget, depth) if depth < _DEEPEST else describe(value)
        if (pairs := pairs_of(value)) is not None:
            return self._all_keys(pairs, value, budget, depth) if depth < _DEEPEST else describe(value)
        if isinstance(value, bytes | bytearray) and len(value) > budget:
            return f'<{len(value):,} bytes>'
        if isinstance(value, str):
            return leaf(both_ends(value, budget))
        data = leaf(value)
        return both_ends(data, budget) if isinstance(data, str) else data

    def _first_items(self, items: Iterable[Any], total: int, budget: int, depth: int) -> Json:
        shown: list[Json] = []
        left = budget
        for item in items:
            files_before = len(self.found.files)
            data = self._fit(item, min(left, max(budget // 4, _SMALLEST_PART)), depth)
            chars = _chars(data) + 1
            if shown and chars > left + _SMALLEST_PART:
                self.found.keep_first(files_before)
                break
            shown.append(data)
            left -= chars
        if len(shown) < total:
            shown.append(cut_items(total - len(shown)))
        return shown

    def _all_keys(self, pairs: Iterable[tuple[Any, Any]], value: Any, budget: int, depth: int) -> Json:
        known = [*islice(pairs, budget)]
        total = len(value) if isinstance(value, Sized) else len(known)
        shown: dict[str, Json] = {}
        left = budget
        for number, (key, item) in enumerate(known):
            name = both_ends(key_text(key, taken=shown), _LONGEST_KEY)
            files_before = len(self.found.files)
            share = max(left // (len(known) - number) - len(name) - 4, _SMALLEST_PART)
            data = self._fit(item, min(left, share), depth)
            chars = _chars(data) + len(name) + 4
            if shown and chars > left + _SMALLEST_PART:
                self.found.keep_first(files_before)
                break
            shown[name] = data
            left -= chars
        if len(shown) < total:
            shown[CUT_MARK] = cut_keys(total - len(shown))
        return shown

    def _fit(self, value: Any, budget: int, depth: int) -> Json:
        plain = to_plain(value, max_chars=budget, found=self.found)
        return plain.data if plain is not None else self.shorten(value, budget, depth + 1)


def _chars(data: Json) -> int:
    match data:
        case list():
            return 2 + sum(_chars(item) + 1 for item in data)
        case dict():
            return 2 + sum(_chars(item) + len(key) + 4 for key, item in data.items())
        case _:
            return leaf_chars(data)


def both_ends(text: str, budget: int) -> str:
    """Two thirds of the room for the head, one for the tail: conclusions stand at the end."""
    if len(text) <= budget:
        return text
    room = max(budget - len(cut_text(len(text))), 20)
    tail = room // 3
    return f'{text[: room - tail]}{cut_text(len(text) - room)}{text[len(text) - tail :]}'
