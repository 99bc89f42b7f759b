"""What a program in the sandbox stops for, and what it is answered: plain data between worker and driver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, get_args

from pydantic_monty import ExcType

from ..events.outcomes import Failure


@dataclass(frozen=True, slots=True)
class Returned:
    """A call's result, already in its sandbox form."""

    value: Any


@dataclass(frozen=True, slots=True)
class RaisedBy:
    """A call's exception, as code sees it."""

    exception_type: str
    """A builtin class that Monty knows; see `sandbox_exception`."""
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStop:
    """The program calls a function it does not have."""

    number: int
    """Monty's id of the call, by which it is settled."""
    name: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    line: int | None
    """The line in this cell, or `None` when the call stands in an earlier cell's function."""
    unreadable: str | None = None
    """Why the arguments have no form on the host, if they have none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameStop:
    """The program reads a name that nobody bound."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SleepStop:
    """The program sleeps."""

    number: int
    seconds: float
    blocks: bool
    """`time.sleep`, as against `asyncio.sleep`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostStop:
    """The program asks the operating system, or imports a module of ours."""

    function: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedStop:
    """Every task of the program awaits a call."""

    pending: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneStop:
    """The program reached its end."""

    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedStop:
    """The program ended in an exception, a limit or a crash."""

    failure: Failure
    is_lost: bool
    """The session cannot be used any more."""


Stop: TypeAlias = CallStop | NameStop | SleepStop | HostStop | BlockedStop | DoneStop | FailedStop


Settled: TypeAlias = Returned | RaisedBy


def sandbox_exception(error: BaseException) -> RaisedBy:
    """A host exception as code sees it: its nearest builtin class; a class of the host's own leads the message."""
    known = next(base.__name__ for base in type(error).__mro__ if base.__name__ in _EXCEPTIONS)
    try:
        text = str(error.args[0]) if isinstance(error, KeyError) and len(error.args) == 1 else str(error)
    except Exception:  # of a `__str__` of somebody's own
        text = ''
    own_name = type(error).__name__
    return RaisedBy(known, text if own_name == known else f'{own_name}: {text}' if text else own_name)


_EXCEPTIONS = frozenset(get_args(ExcType))
