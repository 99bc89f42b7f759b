"""What may be decided of a call that waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, cast, get_args

from ..errors import DecisionError

ExceptionType: TypeAlias = Literal['RuntimeError', 'ValueError', 'PermissionError', 'TimeoutError', 'LookupError']


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalGrant:
    """What an approval allows beside the call: further calls of the same tool, without asking.

    Raises:
        DecisionError: When `uses` is not positive, `args` is no mapping, or `scope` is none of these.
    """

    uses: int | None = None
    """How many further calls; `None` for any number."""
    args: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Only calls with these arguments, equal in type and value: `{'repo': 'docs'}`."""
    scope: Literal['cell', 'session'] = 'session'
    """For this cell, or for the conversation. A fork under a new conversation id has none of them."""

    def __post_init__(self) -> None:
        if self.uses is not None and (type(self.uses) is not int or self.uses < 1):
            raise DecisionError(f'ApprovalGrant(uses=...) is at least 1, or None for any number, got {self.uses!r}.')
        if self.scope not in ('cell', 'session'):
            raise DecisionError(f"ApprovalGrant(scope=...) is 'cell' or 'session', got {self.scope!r}.")
        _see_that_named('ApprovalGrant(args=...)', self.args)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    """Let the call run, as `True` and Pydantic AI's `ToolApproved` do; a grant allows further calls too.

    Raises:
        DecisionError: When `override_args` is no mapping, or `grant` no `ApprovalGrant`.
    """

    override_args: Mapping[str, Any] | None = None
    """What the call is made with instead of what code gave: all arguments of the tool, by name, as `ToolApproved` has them."""
    grant: ApprovalGrant | None = None
    """Allows further calls as well."""

    def __post_init__(self) -> None:
        if self.override_args is not None:
            _see_that_named('Approve(override_args=...)', self.override_args)
        if self.grant is not None and not isinstance(cast('Any', self.grant), ApprovalGrant):
            raise DecisionError(f'Approve(grant=...) is an ApprovalGrant(...), got {self.grant!r}.')


@dataclass(frozen=True, slots=True)
class Deny:
    """Do not let it run, as `False` and Pydantic AI's `ToolDenied` do: code gets a `PermissionError` with this message at the line
    of the call.

    Raises:
        DecisionError: When `message` is no text.
    """

    message: str = 'The call was denied.'

    def __post_init__(self) -> None:
        if not isinstance(cast('Any', self.message), str):
            raise DecisionError(f'Deny(...) takes the reason as text, got {self.message!r}.')


@dataclass(frozen=True, slots=True)
class ProvideResult:
    """What the call returned, where somebody else made it."""

    value: Any = None
    """Of the type that the tool returns; code gets it as it is."""


@dataclass(frozen=True, slots=True)
class RaiseError:
    """What the call raised, where somebody else made it: code gets this exception at the line of the call.

    Raises:
        DecisionError: When `message` is no text, or `exception_type` is none of these.
    """

    message: str
    exception_type: ExceptionType = 'RuntimeError'

    def __post_init__(self) -> None:
        if not isinstance(cast('Any', self.message), str):
            raise DecisionError(f'RaiseError(...) takes the message as text, got {self.message!r}.')
        if self.exception_type not in get_args(ExceptionType):
            raise DecisionError(
                f'RaiseError(exception_type=...) is one of {", ".join(get_args(ExceptionType))}, got {self.exception_type!r}.'
            )


AnyDecision: TypeAlias = Approve | Deny | ProvideResult | RaiseError


def _see_that_named(option: str, arguments: Any) -> None:
    if not isinstance(arguments, Mapping):
        raise DecisionError(f"{option} has the arguments by name, such as {{'order': 7}}, got {arguments!r}.")
