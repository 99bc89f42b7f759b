"""What keeps the reading of one signature short, and from ever failing: a tool's types come from anybody."""

from __future__ import annotations

from typing import Any, Final

from .signatures import Unread

_MAX_DEPTH: Final = 40
"""How deep types may hold each other. Parsers of what is written here give up at about 200 brackets."""
_MAX_PARTS: Final = 20_000
"""How many types one signature may be made of: references make a short schema stand for an endless one."""
_TEXT_CHARS: Final = 160


class TypeTooLarge(Exception):
    """A type is too long to be written out."""


class ReadingBounds:
    """Counts the types that are being read, each in a `with` of its own, and notes those that cannot be.

    Raises:
        TypeTooLarge: On entering, where there are too many, or too many inside each other.
    """

    def __init__(self) -> None:
        self.place = 'a type'
        """Which part of the signature is being read."""
        self._depth = 0
        self._parts = 0
        self._unread: dict[str, Unread] = {}

    def __enter__(self) -> None:
        if self._depth >= _MAX_DEPTH or self._parts >= _MAX_PARTS:
            raise TypeTooLarge('it holds too many types, or too deep ones')
        self._depth += 1
        self._parts += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1

    @property
    def unread(self) -> tuple[Unread, ...]:
        """The places with a type that could not be read, each with its first reason."""
        return tuple(self._unread.values())

    def skip(self, what: Any, why: Exception | str) -> str:
        """Note that a type, or a schema, cannot be read; what stands for it."""
        if self.place not in self._unread:
            self._unread[self.place] = Unread(place=self.place, reason=_reason(what, why))
        return 'Any'


def parameter_place(name: str) -> str:
    """How a parameter is called where something is said of it."""
    return f'parameter {name!r}'


RESULT: Final = 'the result'


def _reason(what: Any, why: Exception | str) -> str:
    """One line. Pydantic's errors continue with advice for whoever wrote the type, which their first sentence does not need."""
    try:
        text = what if isinstance(what, str) else repr(what)
        because = why if isinstance(why, str) else f'{type(why).__name__}: {str(why).partition(". Set ")[0]}'
    except Exception:  # anybody's code, once more
        text, because = f'a {type(what).__name__}', type(why).__name__
    return f'{_one_line(text)} ({_one_line(because)})'


def _one_line(text: str) -> str:
    flat = ' '.join(text[:_TEXT_CHARS].split())
    return f'{flat}...' if len(text) > _TEXT_CHARS else flat
