"""Host value <-> sandbox value.

Into the sandbox go plain data and Monty's native leaves (datetimes, `Decimal`, sets, tuples, bytes ...). Models,
dataclasses and typed dicts go as dicts, since Monty's object wrapper loses what code changes in them; enums go as their
values, everything else as the JSON that Pydantic makes of it, and what has not even that as its text. What a value has
several times it has several times in the sandbox, as one object. `host_values.py` has the way out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from datetime import date, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from io import IOBase
from itertools import islice
from os import PathLike, fspath
from typing import Any, Final, cast

from pydantic import BaseModel, TypeAdapter
from pydantic_core import PydanticSerializationError, to_jsonable_python

from .._common.exact_type import exact_type

NATIVE_LEAVES: Final = (
    str,
    bytes,
    bool,
    int,
    float,
    complex,
    Decimal,
    date,  # and datetime, which is one
    time,
    timedelta,
    timezone,
    type(None),
    type(...),
)
"""What crosses as itself, in both directions, without a loss."""
EXACT_LEAVES: Final = frozenset[type[Any]](NATIVE_LEAVES)

MAX_DEPTH: Final = 200
"""Deeper nesting is refused: it is a cycle, or nothing that code could use."""
MOST_ITEMS: Final = 100_000
"""Items of an iterator that are collected; one with more has no form."""
MOST_VISITS: Final = 100_000
"""Parts of a tuple, each as often as it is held."""
MAX_TEXT: Final = 10_000
"""Characters of the text that a value without a form is told as."""


class NotCrossable(TypeError):
    """A value that has no form in the sandbox."""


def to_sandbox(value: Any, *, as_text: list[str] | None = None) -> Any:
    """The form a host value has in the sandbox.

    Args:
        value: Anything.
        as_text: Where the names of types go that have no form, so that the text of their values goes in instead; `None`
            refuses them.

    Raises:
        NotCrossable: When neither Monty nor JSON has a form for it, or it nests too deep or contains itself.
    """
    kind = exact_type(value)
    if kind in EXACT_LEAVES:
        return value if kind is not str or value.isascii() else in_utf8(value)
    return _Entering(as_text).convert(value, 0)


def text_of(value: Any) -> str:
    """What a value without a form is told as: its own text, or at least its type."""
    try:
        text = str(value)
    except Exception:  # of a `__str__` of somebody's own, or it nests too deep
        text = object.__repr__(value)
    return in_utf8(text if len(text) <= MAX_TEXT else f'{text[:MAX_TEXT]}…')


class _Entering:
    def __init__(self, as_text: list[str] | None) -> None:
        self._as_text = as_text
        self._done: dict[int, tuple[Any, Any, int]] = {}
        """By the id of a container: itself, so that the id stays its own, its form, and how deep it nests."""
        self._deepest = 0
        self._visits: dict[int, int] = {}
        """By the id of a tuple's form: what hashing it goes through."""

    def convert(self, value: Any, depth: int) -> Any:
        kind = exact_type(value)
        if kind in EXACT_LEAVES:
            return value if kind is not str or value.isascii() else in_utf8(value)
        done = self._done.get(id(value))
        deepest = depth if done is None else depth + done[2]
        if deepest > MAX_DEPTH:
            raise NotCrossable(
                f'A value nested deeper than {MAX_DEPTH} levels, or one that contains itself, cannot cross.'
            )
        outer, self._deepest = self._deepest, deepest
        try:
            if done is not None:
                return done[1]
            form = self._form(value, depth)
            self._done[id(value)] = (value, form, self._deepest - depth)
            return form
        finally:
            self._deepest = max(outer, self._deepest)

    def _form(self, value: Any, depth: int) -> Any:
        deeper = depth + 1
        kind = exact_type(value)
        if kind is dict:
            return {self.convert(key, deeper): self.convert(item, deeper) for key, item in value.items()}
        if kind is list:
            return [self.convert(item, deeper) for item in value]
        if isinstance(value, Enum):
            return self.convert(value.value, deeper)
        if isinstance(value, NATIVE_LEAVES):
            return _plain_leaf(value)
        if isinstance(value, bytearray):
            return bytes(value)
        if isinstance(value, BaseModel) or (is_dataclass(value) and not isinstance(value, type)):
            # Pydantic's own dump, so that serializers, aliases, exclusions and computed fields have their say.
            return self.convert(_dumped(value), deeper)
        if isinstance(value, Mapping):
            mapping = cast('Mapping[Any, Any]', value)
            return {self.convert(key, deeper): self.convert(item, deeper) for key, item in mapping.items()}
        if isinstance(value, _COLLECTIONS):
            form = _collection_of(value, [self.convert(item, deeper) for item in cast('Iterable[Any]', value)])
            return self._hashed_soon(form) if isinstance(form, tuple) else form
        if isinstance(value, PathLike):
            return self.convert(fspath(cast('PathLike[str]', value)), deeper)
        if isinstance(value, Sequence):
            return [self.convert(item, deeper) for item in cast('Sequence[Any]', value)]
        if is_iterator(value):
            items = [*islice(cast('Iterator[Any]', value), MOST_ITEMS + 1)]
            if len(items) <= MOST_ITEMS:
                return [self.convert(item, deeper) for item in items]
        try:
            return _in_json(value)
        except PydanticSerializationError as error:
            if self._as_text is not None:
                self._as_text.append(type(value).__name__)
                return text_of(value)
            raise NotCrossable(f'A value of type {type(value).__name__!r} has no form in the sandbox.') from error

    def _hashed_soon(self, form: Any) -> Any:
        """A tuple; as a list if it holds tuples many times over. Code that makes no such may have a tool do it, and where it
        is a key, it could not come out again, see `hashing.py`."""
        visits = len(form) + sum(self._visits.get(id(item), 0) for item in form)
        if visits > max(MOST_VISITS, len(form) + 8 * len(self._done)):
            return [*form]
        self._visits[id(form)] = visits
        return form


def in_utf8(text: str) -> str:
    """A text as Monty can hold it. What file names and broken decoders leave of bytes that are none is shown: `\\udce9`."""
    return text.encode('utf-8', 'backslashreplace').decode()


def is_iterator(value: object) -> bool:
    """Whether a value gives its items one by one, and only once. An open file is none that is meant to be read so."""
    return isinstance(value, Iterator) and not isinstance(value, IOBase)


def _in_json(value: Any) -> Any:
    if is_iterator(value):
        raise PydanticSerializationError('an iterator may have no end')
    return to_jsonable_python(value)


_ANYTHING: Final = TypeAdapter[object](object)
_COLLECTIONS: Final = (list, tuple, set, frozenset)


def _dumped(record: Any) -> Any:
    try:
        return _ANYTHING.dump_python(record, by_alias=True, warnings=False)
    except TypeError:
        # A set of records somewhere inside, which Pydantic cannot make a set of dicts either.
        return to_jsonable_python(record, by_alias=True)


def _collection_of(value: Any, items: list[Any]) -> Any:
    """`items` as the kind of collection that `value` is; a set of records, which no set can hold as dicts, as a list."""
    if isinstance(value, list):
        return items
    if isinstance(value, tuple):
        return tuple(items)
    try:
        return set(items) if isinstance(value, set) else frozenset(items)
    except TypeError:
        return items


def _plain_leaf(value: Any) -> Any:
    """A subclass of a leaf (`StrEnum` aside, e.g. a `str` with methods) as the leaf itself."""
    if isinstance(value, str):
        return in_utf8(str(value))
    if isinstance(value, bytes):
        return bytes(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    return Decimal(value) if isinstance(value, Decimal) else value
