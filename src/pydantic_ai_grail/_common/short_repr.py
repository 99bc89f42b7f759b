"""`repr` of a value that code gave: as far as it is shown, and whatever the value is.

`reprlib` bounds each container by itself, and so not the whole: a hundred lists of a hundred lists of a hundred items.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, cast

_LARGEST_INT_BITS: Final = 13_000
"""Python refuses to write integers of more than 4,300 digits."""
_BRACKETS: Final[Mapping[type[Any], tuple[str, str]]] = {
    list: ('[', ']'),
    tuple: ('(', ')'),
    set: ('{', '}'),
    frozenset: ('frozenset({', '})'),
}


def short_repr(value: Any, *, max_chars: int) -> str:
    """The text, whole or somewhat more than `max_chars` of it: whoever cuts it there sees no difference to `repr`, but for
    integers that Python does not write and texts that are longer."""
    written: list[str] = []
    left = max_chars
    waiting: list[Iterator[_Text | Any]] = [iter([value])]
    while waiting and left >= 0:
        part = next(waiting[-1], _END)
        if part is _END:
            waiting.pop()
        elif isinstance(part, _Text) or (inner := _inside(part)) is None:
            text = part if isinstance(part, _Text) else _leaf(part, max_chars)
            written.append(text)
            left -= len(text)
        else:
            waiting.append(inner)
    return ''.join(written)


def size_of_large_int(value: int) -> str | None:
    """What stands for an integer that Python does not write out; `None` where it does."""
    bits = value.bit_length()
    return None if bits <= _LARGEST_INT_BITS else f'<int of {bits:,} bits>'


class _Text(str):
    """Punctuation, which is written as it is."""

    __slots__ = ()


_END: Final = object()


def _inside(value: Any) -> Iterator[_Text | Any] | None:
    """The parts of a container, with what stands between them; `None` for anything else."""
    kind = cast('type[Any]', type(value))
    if kind is dict:
        return _between('{', (part for key, item in value.items() for part in (key, _Text(': '), item)), '}', every=3)
    if kind not in _BRACKETS or (kind in (set, frozenset) and not value):
        return None
    opening, closing = _BRACKETS[kind]
    return _between(opening, value, f',{closing}' if kind is tuple and len(value) == 1 else closing)


def _between(opening: str, parts: Iterable[Any], closing: str, *, every: int = 1) -> Iterator[_Text | Any]:
    yield _Text(opening)
    for number, part in enumerate(parts):
        if number and number % every == 0:
            yield _Text(', ')
        yield part
    yield _Text(closing)


def _leaf(value: Any, max_chars: int) -> str:
    if type(value) is int:
        return size_of_large_int(value) or repr(value)
    if type(value) in (str, bytes):
        return repr(value[: max_chars + 1])
    try:
        return repr(value)
    except Exception:  # of somebody's own class
        return f'<{type(value).__name__}>'
