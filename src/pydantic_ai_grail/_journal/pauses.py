"""Calls that wait and cells that stand still: what a program that cannot continue leaves, and what a decision is to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._monty.stops import RaisedBy, Returned, Settled
from .._monty.values import to_sandbox
from ..events.calls import MADE_WITH, CallState
from ..events.journal_entries import Decided, JournaledCall


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """Where a program stands that waits."""

    dump: bytes = field(repr=False)
    numbers: Mapping[int, int]
    """Ordinal of each call that the program has made and not got an answer of -> the sandbox's number for it."""
    at_call: int | None
    """The ordinal of the call it stands at; `None` where it awaits several."""
    slept: Sequence[int]
    """The sandbox's numbers of the sleeps that ended and that the program does not know of."""
    slept_seconds: float
    feeds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """How a call is made."""

    number: int
    approved: bool = False
    """Whether somebody has allowed it."""
    changed: Mapping[str, Any] | None = None
    """What it is made with, instead of what code gave."""


def changed_arguments(decided: Decided | None, journaled: JournaledCall | None) -> Mapping[str, Any] | None:
    """What a call is made with instead of what code gave: as was decided, or, where that says nothing, as in the attempt
    with an unknown outcome."""
    if decided is not None and decided.arguments is not None:
        return decided.arguments
    return None if journaled is None else _noted(journaled).get(MADE_WITH)


def tool_metadata(journaled: JournaledCall | None, changed: Mapping[str, Any] | None) -> dict[str, Any]:
    """What is to be noted of an attempt, should nobody know what became of it: what its tool had asked, and with which
    arguments a person let it be made."""
    noted = {} if journaled is None else dict(_noted(journaled))
    return noted if changed is None else {**noted, MADE_WITH: dict(changed)}


def _noted(journaled: JournaledCall) -> Mapping[str, Any]:
    return journaled.began.tool_metadata if journaled.waits is None else journaled.waits.metadata


def answer(decided: Decided) -> tuple[CallState, Settled] | None:
    """What code gets of a call that was decided; `None` where it was approved and is to run."""
    match decided.kind:
        case 'approve':
            return None
        case 'deny':
            return 'denied', RaisedBy('PermissionError', decided.message)
        case 'raise':
            return 'raised', RaisedBy(decided.exception_type, decided.message)
        case 'result':
            return 'returned', Returned(to_sandbox(decided.value))
