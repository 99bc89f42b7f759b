"""What may be decided of a call that waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, cast, get_args

from ..errors import DecisionError

ExceptionType: TypeAlias = Literal['RuntimeError', 'ValueError', 'PermissionError', 'TimeoutError', 'LookupError']


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What an approval allows beside the call: further calls of the same tool, without asking.

    Raises:
        DecisionError: When `uses` is not positive, `arguments` is no mapping, or `scope` is none of these.
    """

    uses: int | None = None
    """How many further calls; `None` for any number."""
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Only calls with these arguments, equal in type and value: `{'repo': 'docs'}`."""
    scope: Literal['cell', 'session'] = 'session'
    """For this cell, or for the conversation. A fork under a new conversation id has none of them."""

    def __post_init__(self) -> None:
        if self.uses is not None and (type(self.uses) is not int or self.uses < 1):
            raise DecisionError(f'Grant(uses=...) is at least 1, or None for any number, got {self.uses!r}.')
        if self.scope not in ('cell', 'session'):
            raise DecisionError(f"Grant(scope=...) is 'cell' or 'session', got {self.scope!r}.")
        _see_that_named('Grant', self.arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    """Let the call run; with other arguments, if they are given: all of them, as the tool takes them.

    Raises:
        DecisionError: When `arguments` is no mapping, or `grant` no `Grant`.
    """

    arguments: Mapping[str, Any] | None = None
    grant: Grant | None = None
    """Allows further calls as well."""

    def __post_init__(self) -> None:
        if self.arguments is not None:
            _see_that_named('Approve', self.arguments)
        if self.grant is not None and not isinstance(cast('Any', self.grant), Grant):
            raise DecisionError(
                f'Approve(grant=...) is a Grant(...) of pydantic_ai_grail.approvals, got {self.grant!r}.'
            )


@dataclass(frozen=True, slots=True)
class Deny:
    """Do not let it run: code gets a `PermissionError` with this message at the line of the call.

    Raises:
        DecisionError: When `message` is no text.
    """

    message: str = 'The call was denied.'

    def __post_init__(self) -> None:
        if not isinstance(cast('Any', self.message), str):
            raise DecisionError(f'Deny(...) takes the reason as text, got {self.message!r}.')


@dataclass(frozen=True, slots=True)
class Result:
    """What the call returned, where somebody else made it."""

    value: Any = None
    """Of the type that the tool returns; code gets it as it is."""


@dataclass(frozen=True, slots=True)
class Raise:
    """What the call raised, where somebody else made it: code gets this exception at the line of the call.

    Raises:
        DecisionError: When `message` is no text, or `exception_type` is none of these.
    """

    message: str
    exception_type: ExceptionType = 'RuntimeError'

    def __post_init__(self) -> None:
        if not isinstance(cast('Any', self.message), str):
            raise DecisionError(f'Raise(...) takes the message as text, got {self.message!r}.')
        if self.exception_type not in get_args(ExceptionType):
            raise DecisionError(
                f'Raise(exception_type=...) is one of {", ".join(get_args(ExceptionType))}, got {self.exception_type!r}.'
            )


def _see_that_named(decision: str, arguments: Any) -> None:
    if not isinstance(arguments, Mapping):
        raise DecisionError(
            f"{decision}(arguments=...) has the arguments by name, such as {{'order': 7}}, got {arguments!r}."
        )
