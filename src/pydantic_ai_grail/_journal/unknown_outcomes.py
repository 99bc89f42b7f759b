"""What becomes of a call that was under way when its cell was interrupted: its outcome is unknown.

It is decided here and done elsewhere. Whoever can look a call up, by its idempotency key, spares a person the question.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from .._monty.stops import RaisedBy, Settled
from ..events.calls import CallRequest, CallState
from ..events.journal_entries import Decided, OnUnknownCall
from .pauses import answer

LookUpCall: TypeAlias = Callable[[CallRequest, str, Mapping[str, Any]], Awaitable[Decided | Mapping[str, Any]]]
"""Says what became of a call, by the call, its idempotency key and what is noted of it; or, when it cannot, what else is to
be noted for the person who has to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """Code gets this; the call is not made."""

    state: CallState
    settled: Settled


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsDecision:
    """A person has to decide, who is shown this."""

    metadata: Mapping[str, Any]


Resolution: TypeAlias = Decided | Resolved | NeedsDecision
"""`Decided`: the call is made again, as it was approved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownOutcomes:
    """How it is decided what becomes of such calls."""

    on_unknown_call: OnUnknownCall = 'ask'
    look_up: LookUpCall | None = None
    """Asked before anybody else."""

    def may_retry(self, request: CallRequest) -> bool:
        """Whether nothing has to be decided."""
        return request.tool.idempotent or request.tool.read_only or self.on_unknown_call == 'retry'

    async def of(self, request: CallRequest, *, key: str, noted: Mapping[str, Any]) -> Resolution:
        """What becomes of a call, whose attempts have the idempotency key `key`, and of which there is `noted`."""
        if self.look_up is not None:
            found = await self.look_up(request, key, noted)
            if isinstance(found, Decided):
                answered = answer(found)
                return found if answered is None else Resolved(state=answered[0], settled=answered[1])
            noted = {**noted, **found}
        if self.on_unknown_call == 'ask':
            return NeedsDecision(metadata=noted)
        message = f'{request.tool.python_name}() was under way when its run ended; whether it took effect is not known'
        return Resolved(state='raised', settled=RaisedBy('RuntimeError', message))
