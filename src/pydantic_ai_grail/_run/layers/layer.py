"""What a layer of the pipeline is, and the call that goes through the layers. It must not know any of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TypeAlias

from ..._journal.pauses import Attempt
from ..._monty.stops import Settled
from ...events.calls import CallRequest
from ...events.journal_entries import CallWaits, Decided, JournaledCall

Answer: TypeAlias = Settled | CallWaits
"""What code gets of a call, or that the call waits for a decision."""


@dataclass(slots=True, kw_only=True)
class Call:
    """One call on its way through the layers. Lifetime: from its start until it is answered."""

    request: CallRequest
    key: str
    """Its idempotency key: the same for every attempt, also for one that an earlier cell made."""
    own_key: str
    """The key that its id alone gives."""
    delivered_before: int
    """How many results code had been given when it made the call."""
    earlier: JournaledCall | None = None
    """What was journaled of it before: in this cell, or in the one that this cell corrects."""
    is_replayed: bool = False
    """Whether that was in this cell."""
    decided: Decided | None = None
    """The decision on it, if it waited for one."""
    attempt: Attempt = Attempt(number=1)  # noqa: RUF009  # frozen
    """How it is made, if it is made."""


class Layer(ABC):
    """One reason for which a call is answered. Lifetime: the cell. A cell has the layers that it can need."""

    def note(self, request: CallRequest) -> None:  # noqa: B027  # most have nothing to note
        """Take note of a call when code makes it, before it starts. In the order in which code makes them.

        Raises:
            Diverged: When a cell that is replayed makes another call than before.
        """

    def refuses(self, request: CallRequest) -> bool:
        """Whether this answers a call with an exception that a person decided on."""
        return False

    @abstractmethod
    async def answer(self, call: Call) -> Answer | None:
        """Answer a call; `None` leaves it to the next layer.

        Raises:
            UsageLimitExceeded: As for a direct call.
            StoreError: When the journal cannot be written.
        """
