"""What stands for a decision, and how journals have one. Decisions meet neither calls nor tools here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic_ai.tools import ToolApproved, ToolDenied

from ..errors import DecisionError
from ..events.journal_entries import Decided, DecisionKind
from .decisions import AnyDecision, Approve, Deny, ProvideResult, RaiseError

_KINDS: Final[Mapping[type[AnyDecision], DecisionKind]] = {
    Approve: 'approve',
    Deny: 'deny',
    ProvideResult: 'result',
    RaiseError: 'raise',
}


def as_decision(given: Any, what: str) -> AnyDecision | None:
    """A decision, from what stands for one: `True`, `False`, Pydantic AI's `ToolApproved` and `ToolDenied`; `None` for later.

    Args:
        given: What somebody gave.
        what: What that is, for the message.

    Raises:
        DecisionError: When it is none.
    """
    if isinstance(given, bool):
        return Approve() if given else Deny()
    if isinstance(given, ToolApproved):
        return Approve(override_args=given.override_args)
    if isinstance(given, ToolDenied):
        return Deny(given.message)
    if given is not None and type(given) not in _KINDS:
        raise DecisionError(
            f'{what} is Approve(), Deny(), ProvideResult(), RaiseError(), ToolApproved(), ToolDenied(), True, False, '
            f'or None for later; got {given!r}.'
        )
    return given


def decided(decision: AnyDecision) -> Decided:
    """A decision as journals have it."""
    kind = _KINDS[type(decision)]
    match decision:
        case Approve(override_args=arguments, grant=grant):
            allowed = grant and {'uses': grant.uses, 'arguments': grant.args, 'scope': grant.scope}
            return Decided(kind=kind, arguments=arguments, grant=allowed)
        case Deny(message=message):
            return Decided(kind=kind, message=message)
        case ProvideResult(value=value):
            return Decided(kind=kind, value=value)
        case RaiseError(message=message, exception_type=exception_type):
            return Decided(kind=kind, message=message, exception_type=exception_type)
