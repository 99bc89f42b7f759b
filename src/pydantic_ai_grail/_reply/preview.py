"""Large values cut to a readable head that keeps their structure: first items, all keys, both ends of a long text.

Work is bounded by what is shown, never by what is there. What is cut says so in its place (`… 4,980 more items`),
and `describe` says how large the whole is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sized
from itertools import islice
from typing import Any, Final

from .files import FoundFiles
from .json_values import Json, items_of, key_text, leaf, leaf_chars, pairs_of, to_plain
from .reply_texts import CUT_MARK, cut_items, cut_keys, cut_text

_SMALLEST_PART: Final = 30
"""Characters a part gets at least: less shows nothing that can be recognised."""
_DEEPEST: Final = 8
_MOST_PARTS: Final = 80
"""Parts that are larger than their room and are shortened; of more, only the type is told."""
_LONGEST_KEY: Final = 100
_SAMPLE: Final = 50
"""Items that are measured to estimate the size of the whole."""
_SAMPLE_ITEM_CHARS: Final = 10_000
_SAMPLE_CHARS: Final = 30_000
"""Characters that all of them may have: measuring costs about as much as showing."""
_SAMPLE_CHARS_INSIDE: Final = 500
"""The same for a part of a value, of which there may be many."""


def preview(value: Any, *, max_chars: int, found: FoundFiles | None = None, size: int | None = None) -> Json:
    """The head of `value` as JSON data of about `max_chars` characters at most. Files in it are kept in `found`.

    Where `value` itself is the head of a collection, `size` is the number of items of that.
    """
    return _Head(found or FoundFiles()).shorten(value, max_chars, 0, size)


def short(value: Any, *, max_chars: int) -> str:
    """`value` on one line of about `max_chars` characters, as Python would write it."""
    plain = to_plain(value, max_chars=max_chars)
    text = repr(plain.data if plain is not None else preview(value, max_chars=max_chars))
    return text if len(text) <= 2 * max_chars else text[: 2 * max_chars] + CUT_MARK


def describe(value: Any, *, room: int = _SAMPLE_CHARS) -> str:
    """What a large value is and how large: `a list of 5,000 items, some 610,000 characters of JSON`.

    No more than about `room` characters of it are looked at for that.
    """
    match value:
        case str():
            return described('str', len(value))
        case bytes() | bytearray():
            return described('bytes', len(value))
        case Sized():
            kind = 'dict' if pairs_of(value) is not None else type(value).__name__
            return described(kind, len(value), name=type(value).__name__) + _estimated_chars(value, room)
        case _:
            return f'a {type(value).__name__}'


def described(kind: str, size: int, *, name: str | None = None) -> str:
    """A collection or a text in words: `a list of 5,000 items`."""
    if kind == 'str':
        return f'a text of {size:,} characters'
    if kind == 'bytes':
        return f'{size:,} bytes'
    unit = 'key' if kind == 'dict' else 'item'
    return f'a {name or kind} of {size:,} {unit}{"" if size == 1 else "s"}'


def _estimated_chars(value: Sized, room: int) -> str:
    items = items_of(value, at_most=_SAMPLE)
    if items is None:
        return ''
    sizes: list[int] = []
    for item in islice(items, _SAMPLE):
        plain = to_plain(item, max_chars=min(room, _SAMPLE_ITEM_CHARS))
        # One that is larger than there is room for is not counted, but its measuring was.
        room -= min(room, _SAMPLE_ITEM_CHARS) if plain is None else plain.chars
        if plain is not None:
            sizes.append(plain.chars + 1)
        if room <= 0:
            break
    if not sizes:
        return ''
    chars = len(value) * sum(sizes) // len(sizes)
    magnitude = 10 ** max(len(str(chars)) - 2, 0)
    return f', some {chars // magnitude * magnitude:,} characters of JSON'


class _Head:
    def __init__(self, found: FoundFiles) -> None:
        self.found = found
        self._left = _MOST_PARTS

    def shorten(self, value: Any, budget: int, depth: int, size: int | None = None) -> Json:
        budget = max(budget, _SMALLEST_PART)
        self._left -= 1
        if self._left < 0:
            return f'<{type(value).__name__}>'
        if (reference := self.found.reference(value)) is not None:
            return reference
        if (items := items_of(value, at_most=budget)) is not None:
            total = len(value) if size is None else size
            return self._first_items(items, total, budget, depth) if depth < _DEEPEST else _inside(value)
        if (pairs := pairs_of(value)) is not None:
            return self._all_keys(pairs, value, budget, depth, size) if depth < _DEEPEST else _inside(value)
        if isinstance(value, bytes | bytearray) and len(value) > budget:
            return f'<{size or len(value):,} bytes>'
        if isinstance(value, str):
            return leaf(both_ends(value, budget, more=0 if size is None else size - len(value)))
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

    def _all_keys(
        self, pairs: Iterable[tuple[Any, Any]], value: Any, budget: int, depth: int, size: int | None
    ) -> Json:
        known = [*islice(pairs, budget)]
        total = size if size is not None else len(value) if isinstance(value, Sized) else len(known)
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


def _inside(value: Any) -> str:
    return describe(value, room=_SAMPLE_CHARS_INSIDE)


def _chars(data: Json) -> int:
    match data:
        case list():
            return 2 + sum(_chars(item) + 1 for item in data)
        case dict():
            return 2 + sum(_chars(item) + len(key) + 4 for key, item in data.items())
        case _:
            return leaf_chars(data)


def both_ends(text: str, budget: int, *, more: int = 0) -> str:
    """Two thirds of the room for the head, one for the tail: conclusions stand at the end. Of a text that has `more`
    characters, which are not here, the head alone."""
    if more:
        return f'{text[:budget]}{cut_text(len(text[budget:]) + more)}'
    if len(text) <= budget:
        return text
    room = max(budget - len(cut_text(len(text))), 20)
    tail = room // 3
    return f'{text[: room - tail]}{cut_text(len(text) - room)}{text[len(text) - tail :]}'
