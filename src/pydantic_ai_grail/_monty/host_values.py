"""Sandbox value -> host value, bounded: what leaves is counted as it would be written out, before anybody writes it out.

Monty hands over what code has several times as one object, so a list of 27 lists may be a text of 67 million parts.
Copied, told or stored, every reference is a copy; so each counts as often as it appears, and beyond the limit nothing
leaves. What is within it keeps its shape: one object stays one object. Monty makes new objects for us, so they are
changed in place where something in them has no form on the host: objects of classes that code defined become dicts of
their attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, cast

from anyio.to_thread import run_sync
from pydantic_monty import ExternalModule, MontyClassProxy, MontyClassTypeProxy, MontyFileHandle, MontyStdTypeProxy

from .._common.exact_type import exact_type
from .values import EXACT_LEAVES, MAX_DEPTH, NATIVE_LEAVES


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much may leave."""

    parts: int
    """Values in values, each counted as often as it appears."""
    size: int
    """Bytes of its texts, bytes and large integers, counted alike."""


RESULT_ROOM: Final = Room(parts=1_000_000, size=64 * 1024 * 1024)
"""For what a cell results in: only its head is shown to the model, but observers may write it out."""
CALL_ROOM: Final = Room(parts=150_000, size=8 * 1024 * 1024)
"""For the arguments of one call, which are validated, recorded and traced, some microseconds a part."""
CALLS_ROOM: Final = Room(parts=300_000, size=16 * 1024 * 1024)
"""For those of all calls of a cell, which are kept until it ends."""
FAST_PARTS: Final = 20_000
"""Parts that are looked at in the event loop: a few milliseconds."""


class TooLarge(ValueError):
    """A value that is larger than what may leave."""


NO_HOST_FORM: Final = (RecursionError, ValueError, OverflowError, TypeError)
"""Raised for values nested thousands of levels deep, objects of code's own classes as keys, whatever CPython cannot hold."""


def why_not(error: Exception) -> str:
    """Why a value cannot leave. The only `TypeError` is Monty's, of a proxy in place of an object that code can hash."""
    return _UNHASHABLE if isinstance(error, TypeError) else str(error)


_UNHASHABLE: Final = 'an object of a class is a key of a dict or in a set there; use a text, a number or a tuple'


class OverFastParts(Exception):
    """A value that is large enough to be looked at in a thread."""


@dataclass(frozen=True, slots=True)
class Left:
    """What left, and how much it was."""

    values: tuple[Any, ...]
    parts: int
    size: int


@dataclass(slots=True)
class Sent:
    """What the arguments of a program's calls have taken so far."""

    parts: int = 0
    size: int = 0

    @property
    def room(self) -> Room:
        """What those of the next call may take: no more than those of one may, and than is left for all."""
        return Room(
            parts=min(CALL_ROOM.parts, CALLS_ROOM.parts - self.parts),
            size=min(CALL_ROOM.size, CALLS_ROOM.size - self.size),
        )

    def add(self, left: Left) -> None:
        self.parts += left.parts
        self.size += left.size


async def leave(*values: Any, room: Room) -> Left:
    """`from_sandbox`, in a thread where it takes long.

    Raises:
        RecursionError, TooLarge: As there.
    """
    try:
        return from_sandbox(*values, room=room, at_once=FAST_PARTS)
    except OverFastParts:
        return await run_sync(lambda: from_sandbox(*values, room=room))


def from_sandbox(*values: Any, room: Room = RESULT_ROOM, at_once: int | None = None) -> Left:
    """The forms that sandbox values have on the host. What is no data (a function, a module) becomes a short description.

    Args:
        values: What Monty gave, and nobody else has: it may be changed.
        room: For all of them together.
        at_once: How many parts may be looked at before it is given up, if there are more.

    Raises:
        RecursionError: When one nests too deep to be written down.
        TooLarge: When they need more room.
        OverFastParts: When they have more parts than `at_once`.
    """
    leaving = _Leaving(room, at_once)
    forms = tuple([leaving.convert(value, 0) for value in values])
    return Left(forms, leaving.parts, leaving.size)


class _Leaving:
    def __init__(self, room: Room, at_once: int | None) -> None:
        self.parts = 0
        self.size = 0
        self._room = room
        self._looked_at = 0
        self._at_once = room.parts if at_once is None else at_once
        self._done: dict[int, tuple[Any, Any, int, int, int]] = {}
        """By the id of a container: itself, its form, its parts and size, and how deep it nests."""
        self._deepest = 0

    def convert(self, value: Any, depth: int) -> Any:
        kind = exact_type(value)
        if kind in EXACT_LEAVES:
            if kind is str:
                self.size += len(value) if value.isascii() else value.__sizeof__()
            elif kind is int:
                if not -_SMALL < value < _SMALL:
                    self.size += value.bit_length() // 8
            elif kind is bytes:
                self.size += len(value)
            if self.size > self._room.size:
                self._count(0, 0)
            return value
        done = self._done.get(id(value))
        deepest = depth if done is None else depth + done[4]
        if deepest > MAX_DEPTH:
            raise RecursionError(f'it nests deeper than {MAX_DEPTH} levels')
        if done is not None:
            self._count(done[2], done[3])
            self._deepest = max(self._deepest, deepest)
            return done[1]
        outer, self._deepest = self._deepest, deepest
        parts, size = self.parts, self.size
        form = self._form(kind, value, depth)
        if self._deepest > depth or self.parts - parts > _FEW_PARTS:  # others are looked at again as quickly
            self._done[id(value)] = (value, form, self.parts - parts, self.size - size, self._deepest - depth)
        self._deepest = max(outer, self._deepest)
        return form

    def _form(self, kind: type[Any], value: Any, depth: int) -> Any:
        deeper = depth + 1
        if kind is list:
            self._enter(len(value))
            for place, item in enumerate(value):
                form = self.convert(item, deeper)
                if form is not item:
                    value[place] = form
            return value
        if kind is dict:
            return self._dict(value, deeper)
        if kind in (tuple, set, frozenset):
            self._enter(len(value))
            forms = [self.convert(item, deeper) for item in value]
            is_same = all(form is item for form, item in zip(forms, value, strict=True))
            return value if is_same else cast('Callable[[Iterable[Any]], Any]', kind)(forms)
        if isinstance(value, MontyClassProxy):
            return self._dict(dict(value.attributes), deeper)
        if isinstance(value, tuple):
            # Named tuples, and whatever a later Monty may send: plain data where there is such a form.
            self._enter(len(cast('tuple[Any, ...]', value)))
            return tuple([self.convert(item, deeper) for item in cast('tuple[Any, ...]', value)])
        text = _described(value)
        self._count(0, len(text) if isinstance(text, str) else 0)
        return text

    def _dict(self, value: dict[Any, Any], depth: int) -> dict[Any, Any]:
        self._enter(2 * len(value))
        keys_differ = False
        for key, item in value.items():
            form = self.convert(item, depth)
            if form is not item:
                value[key] = form
            keys_differ = self.convert(key, depth) is not key or keys_differ
        return self._with_distinct_keys(value, depth) if keys_differ else value

    def _with_distinct_keys(self, value: dict[Any, Any], depth: int) -> dict[Any, Any]:
        """A dict whose keys are not all plain; where the text of one is another's key too, it gets a number."""
        forms = [(self.convert(key, depth), key) for key in value]
        taken = {form for form, key in forms if form is key}
        numbers: dict[Any, int] = {}  # the last that each text got: very many keys may have one text
        keys: list[Any] = []
        for form, key in forms:
            text = form
            while form is not key and text in taken:
                numbers[form] = numbers.get(form, 1) + 1
                text = f'{form} ({numbers[form]})'
            taken.add(text)
            keys.append(text)
        return dict(zip(keys, value.values(), strict=True))

    def _enter(self, items: int) -> None:
        self._count(items, 0)
        self._looked_at += items
        if self._looked_at > self._at_once:
            raise OverFastParts

    def _count(self, parts: int, size: int) -> None:
        self.parts += parts
        self.size += size
        if self.parts > self._room.parts:
            raise TooLarge(f'it has more than {self._room.parts:,} parts, each counted as often as it appears')
        if self.size > self._room.size:
            raise TooLarge(f'it has more than {self._room.size:,} bytes of text, each counted as often as it appears')


_FEW_PARTS: Final = 16
_SMALL: Final = 2**63


def _described(value: Any) -> Any:
    if isinstance(value, MontyClassTypeProxy):
        return f'<class {value.name!r}>'
    if isinstance(value, MontyStdTypeProxy):
        return f'<{value.kind} {value.name!r}>'
    if isinstance(value, ExternalModule):
        # Functions of a module cross as their full names, which is the only place that has the module's.
        names = [name.rpartition('.')[0] for name in value.attrs.values() if isinstance(name, str)]
        return f'<module {names[0]!r}>' if names else '<module>'
    if isinstance(value, MontyFileHandle):
        return f'<file {value.path!r}, mode {value.mode!r}>'
    if isinstance(value, type):
        return f'<class {value.__name__!r}>'
    if isinstance(value, BaseException):
        return f'{type(value).__name__}: {value}'
    return value if isinstance(value, NATIVE_LEAVES) else str(value)
