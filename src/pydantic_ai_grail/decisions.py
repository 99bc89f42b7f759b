"""What may be decided of a call that waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

from .errors import DecisionError

ExceptionType: TypeAlias = Literal['RuntimeError', 'ValueError', 'PermissionError', 'TimeoutError', 'LookupError']


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What an approval allows beside the call: further calls of the same tool, without asking.

    Raises:
        DecisionError: When `uses` is not positive.
    """

    uses: int | None = None
    """How many further calls; `None` for any number."""
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Only calls with these arguments, equal in type and value: `{'repo': 'docs'}`."""
    scope: Literal['cell', 'session'] = 'session'
    """For this cell, or for the conversation. A fork under a new conversation id has none of them."""

    def __post_init__(self) -> None:
        if self.uses is not None and self.uses < 1:
            raise DecisionError(f'Grant(uses=...) is at least 1, or None for any number, got {self.uses!r}.')


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    """Let the call run; with other arguments, if they are given: all of them, as the tool takes them."""

    arguments: Mapping[str, Any] | None = None
    grant: Grant | None = None
    """Allows further calls as well."""


@dataclass(frozen=True, slots=True)
class Deny:
    """Do not let it run: code gets a `PermissionError` with this message at the line of the call."""

    message: str = 'The call was denied.'


@dataclass(frozen=True, slots=True)
class Result:
    """What the call returned, where somebody else made it."""

    value: Any = None


@dataclass(frozen=True, slots=True)
class Raise:
    """What the call raised, where somebody else made it: code gets this exception at the line of the call.

    Raises:
        DecisionError: When `exception_type` is none of these.
    """

    message: str
    exception_type: ExceptionType = 'RuntimeError'

    def __post_init__(self) -> None:
        if self.exception_type not in get_args(ExceptionType):
            raise DecisionError(
                f'Raise(exception_type=...) is one of {", ".join(get_args(ExceptionType))}, got {self.exception_type!r}.'
            )
