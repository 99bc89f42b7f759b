"""What a resumed cell knows of the calls it made before, and whether it makes the same again.

Run again from its beginning, code must make the calls it made, with the same arguments, in the same order; then each gets
the result it got. Code that does not (it depends on the time, or on chance) cannot be replayed exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

from .._catalog.entries import Catalog
from ..events.calls import CallRequest, ToolFacts, call_id
from ..events.journal_entries import EMPTY_JOURNAL, CallWaits, CellSuspended, JournaledCall, JournalState
from .reuse import is_same_call


class Diverged(Exception):
    """Run again, the code does not make the calls that it made before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """The calls of a cell before this run of it."""

    cell_id: str
    journaled: JournalState = EMPTY_JOURNAL

    def find(self, ordinal: int) -> JournaledCall | None:
        return self.journaled.calls.get(ordinal)

    def is_decided(self, waits: CallWaits | None) -> bool:
        """Whether the decisions that the cell was resumed with can be for this wait: it had begun when they were made."""
        return waits is None or self.journaled.suspended is None or waits.after != self.journaled.suspended.token

    def compare(self, request: CallRequest) -> None:
        """Make sure that a call is the one it was.

        Raises:
            Diverged: When it is another one.
        """
        journaled = self.journaled.calls.get(request.ordinal)
        if journaled is None:
            return
        began = journaled.began
        if not is_same_call(began, request):
            raise Diverged(
                f'its call {request.ordinal} was {began.tool}() and is {request.tool.python_name}()'
                if began.tool != request.tool.python_name
                else f'its call {request.ordinal}, to {began.tool}(), has other arguments'
            )

    def request(self, ordinal: int, catalog: Catalog | None) -> CallRequest:
        """A call of before, as it was made. Without a catalog nothing is known of its tool."""
        began = self.journaled.calls[ordinal].began
        entry = None if catalog is None else catalog.entries.get(began.tool)
        facts = entry.facts if entry is not None else ToolFacts(tool_name=began.tool, python_name=began.tool)
        return CallRequest(
            tool_call_id=call_id(self.cell_id, ordinal),
            ordinal=ordinal,
            tool=facts,
            args=began.arguments,
            line=began.line,
        )

    def accepted(self, catalog: Catalog) -> list[CallRequest]:
        """The calls that a suspended program had made, in order."""
        count = self.journaled.suspended.accepted if self.journaled.suspended is not None else 0
        return [self.request(ordinal, catalog) for ordinal in sorted(self.journaled.calls) if ordinal <= count]

    def results_before_next(self, accepted: int) -> int | None:
        """How many results code had been given when it made its next call; `None` when it had made `accepted` calls."""
        later = [call.began for ordinal, call in self.journaled.calls.items() if ordinal > accepted]
        return min((began.delivered_before for began in later), default=None)

    def has_more_than(self, count: int) -> bool:
        """Whether more calls were made than `count`."""
        return any(ordinal > count for ordinal in self.journaled.calls)

    @property
    def orders(self) -> set[int]:
        """The places, in the order of settling, of the calls that settled."""
        return {call.order for call in self.journaled.calls.values() if call.ended is not None}

    def delivered_before(self, suspended: CellSuspended) -> list[JournaledCall]:
        """The calls whose results a suspended program had."""
        return [
            call
            for ordinal, call in self.journaled.calls.items()
            if call.ended is not None and ordinal <= suspended.accepted and ordinal not in suspended.numbers
        ]


def next_attempt(journaled: JournaledCall | None) -> int:
    """The number of the attempt at a call that is to be made now; asking for an approval is none."""
    return 1 if journaled is None else journaled.began.attempt + (not journaled.has_not_started)
