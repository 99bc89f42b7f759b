"""Calls that wait and cells that stand still: what a program that cannot go on leaves, and what a decision is to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .._monty.stops import RaisedBy, Returned, Settled
from .._monty.values import to_sandbox
from ..calls import MADE_WITH, CallState
from ..journal import CallWaits, Decided, KnownCall


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


def as_it_was_made(decided: Decided | None, waits: CallWaits | None) -> Decided | None:
    """An approval to make a call of unknown fate again, with the arguments that it was made with."""
    made_with = waits.metadata.get(MADE_WITH) if waits is not None else None
    if decided is None or decided.arguments is not None or made_with is None:
        return decided
    return replace(decided, arguments=made_with)


def said(known: KnownCall | None, decided: Decided | None) -> dict[str, Any]:
    """What is to be noted of an attempt, should nobody know what became of it: what its tool had asked, and with which
    arguments a person let it be made."""
    noted: dict[str, Any] = {}
    if known is not None:
        noted.update(known.began.said if known.waits is None else known.waits.metadata)
    if decided is not None and decided.arguments is not None:
        noted[MADE_WITH] = dict(decided.arguments)
    return noted


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
