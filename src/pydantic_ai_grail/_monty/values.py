"""Host value <-> sandbox value.

Into the sandbox go plain data and Monty's native leaves (datetimes, `Decimal`, sets, tuples, bytes ...). Models,
dataclasses and typed dicts go as dicts, since Monty's object wrapper loses what code changes in them; enums go as their
values, everything else as the JSON that Pydantic makes of it. Out of it come the same leaves, and objects of classes
that code defined as dicts of their attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import is_dataclass
from datetime import date, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from os import PathLike, fspath
from typing import Any, Final, cast

from pydantic import BaseModel, TypeAdapter
from pydantic_core import PydanticSerializationError, to_jsonable_python
from pydantic_monty import ExternalModule, MontyClassProxy, MontyClassTypeProxy, MontyFileHandle, MontyStdTypeProxy

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

MAX_DEPTH: Final = 200
"""Deeper nesting is refused: it is a cycle, or nothing that code could use."""


class NotCrossable(TypeError):
    """A value that has no form in the sandbox."""


def to_sandbox(value: Any, *, depth: int = 0) -> Any:
    """The form a host value has in the sandbox.

    Raises:
        NotCrossable: When neither Monty nor JSON has a form for it, or it nests too deep or contains itself.
    """
    kind = cast('type[Any]', type(value))
    if kind in _EXACT_LEAVES:
        return value if kind is not str or value.isascii() else in_utf8(value)
    if depth > MAX_DEPTH:
        raise NotCrossable(f'A value nested deeper than {MAX_DEPTH} levels, or one that contains itself, cannot cross.')
    if isinstance(value, Enum):
        return to_sandbox(value.value, depth=depth + 1)
    if isinstance(value, NATIVE_LEAVES):
        return _plain_leaf(value)
    if isinstance(value, bytearray):
        return bytes(value)
    if isinstance(value, BaseModel) or (is_dataclass(value) and not isinstance(value, type)):
        # Pydantic's own dump, so that serializers, aliases, exclusions and computed fields have their say.
        return to_sandbox(_dumped(value), depth=depth + 1)
    if isinstance(value, Mapping):
        mapping = cast('Mapping[Any, Any]', value)
        return {to_sandbox(key, depth=depth + 1): to_sandbox(item, depth=depth + 1) for key, item in mapping.items()}
    if isinstance(value, _COLLECTIONS):
        items = [to_sandbox(item, depth=depth + 1) for item in cast('Iterable[Any]', value)]
        return _collection_of(value, items)
    if isinstance(value, PathLike):
        return to_sandbox(fspath(cast('PathLike[str]', value)), depth=depth + 1)
    if isinstance(value, Sequence):
        return [to_sandbox(item, depth=depth + 1) for item in cast('Sequence[Any]', value)]
    try:
        return to_jsonable_python(value)
    except PydanticSerializationError as error:
        raise NotCrossable(f'A value of type {kind.__name__!r} has no form in the sandbox.') from error


def in_utf8(text: str) -> str:
    """A text as Monty can hold it. What file names and broken decoders leave of bytes that are none is shown: `\\udce9`."""
    return text.encode('utf-8', 'backslashreplace').decode()


_EXACT_LEAVES: Final = frozenset[type[Any]](NATIVE_LEAVES)
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


def from_sandbox(value: Any, *, depth: int = 0) -> Any:
    """The form a sandbox value has on the host. What is no data (a function, a module) becomes a short description.

    Raises:
        RecursionError: When it nests too deep to be written down.
    """
    kind = cast('type[Any]', type(value))
    if kind in _EXACT_LEAVES:
        return value
    if depth > MAX_DEPTH:
        raise RecursionError(f'it nests deeper than {MAX_DEPTH} levels')
    deeper = depth + 1
    if kind is list:
        return [from_sandbox(item, depth=deeper) for item in value]
    if kind is dict:
        return {from_sandbox(key, depth=deeper): from_sandbox(item, depth=deeper) for key, item in value.items()}
    if kind in (tuple, set, frozenset):
        return cast('Callable[[Iterable[Any]], Any]', kind)(from_sandbox(item, depth=deeper) for item in value)
    if isinstance(value, MontyClassProxy):
        return {name: from_sandbox(item, depth=deeper) for name, item in value.attributes.items()}
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
        return f'{kind.__name__}: {value}'
    return value if isinstance(value, NATIVE_LEAVES) else _shown(value, depth)


def _shown(value: Any, depth: int) -> Any:
    # Named tuples, paths and whatever a later Monty may send: plain data where there is such a form.
    if isinstance(value, tuple):
        return tuple(from_sandbox(item, depth=depth + 1) for item in cast('tuple[Any, ...]', value))
    return str(value)
