"""What a tool's own validator says of arguments that are known before the call, wholly or in part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

MOST_VALUES: Final = 5_000
"""Values inside one argument that are looked at before a call. A larger one is left to the call itself."""


class Unknown:
    """Stands for a value inside an argument that is not known before the code runs."""

    def __repr__(self) -> str:
        return '...'


UNKNOWN: Final = Unknown()


class PartlyKnown(dict[Any, Any]):
    """A dict that may have more keys than are known: `{'a': 1, **rest}`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentError:
    """One thing that the validator does not accept."""

    path: tuple[str | int, ...]
    """Where: the tool's own name of the argument, then keys and indexes inside it. Of a missing key, the key."""
    kind: str
    """Pydantic's type of the error (`'literal_error'`, `'missing'`), also where a JSON schema says it."""
    message: str
    """Pydantic's sentence (`Input should be 'open' or 'closed'`)."""


class Validate(Protocol):
    """Asks the validator of a tool about some of its arguments.

    `tool` is the name code calls it by, `arguments` are by the tool's own names. Arguments may be left out, so errors
    about missing ones mean nothing; so do those about `UNKNOWN` values inside, which are left out of the answer. An empty
    answer means that nothing speaks against them.
    """

    def __call__(self, tool: str, arguments: Mapping[str, Any], /) -> tuple[ArgumentError, ...]: ...


def is_partial(value: Any) -> bool:
    """Whether something inside a value is not known."""
    return any(each is UNKNOWN or isinstance(each, PartlyKnown) for each in values_in(value))


def values_in(value: Any) -> Iterator[Any]:
    """A value and all that is inside it."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        yield found
        if isinstance(found, dict):
            waiting += cast('dict[Any, Any]', found).values()
        elif isinstance(found, list | tuple | set | frozenset):
            waiting += cast('list[Any]', found)


def inside(value: Any, step: str | int) -> Any:
    """What is at a key or an index of a value.

    Raises:
        LookupError: When there is nothing.
    """
    if isinstance(value, dict):
        return cast('dict[Any, Any]', value)[step]
    if isinstance(value, list | tuple) and isinstance(step, int):
        return cast('list[Any]', value)[step]
    raise LookupError(step)
