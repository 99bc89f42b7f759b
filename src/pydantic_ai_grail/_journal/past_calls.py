"""The calls of before that a cell's calls are held against: its own, and those of the cells before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .._catalog.catalog import Catalog
from ..events.calls import CallRequest
from ..events.journal_entries import EMPTY_JOURNAL, EarlierCalls, JournaledCall, JournalState
from .replay import Replay
from .reuse import ReusableCalls

NO_EARLIER_CALLS: Final = EarlierCalls()


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCalls:
    """Lifetime: the cell."""

    replay: Replay
    """Its own, of before this run of it."""
    reusable: ReusableCalls
    """Those of the cells before."""

    def find(self, request: CallRequest) -> JournaledCall | None:
        """What is journaled of a call: in this cell, or, if its outcome is unknown, in the one before."""
        return self.replay.find(request.ordinal) or self.reusable.unknown_outcome(request)


def past_calls(
    cell_id: str,
    catalog: Catalog,
    *,
    journaled: JournalState = EMPTY_JOURNAL,
    before: EarlierCalls = NO_EARLIER_CALLS,
) -> PastCalls:
    """Those of one cell.

    Args:
        cell_id: The cell.
        catalog: What is known of its tools.
        journaled: Its journal, of before this run of it.
        before: What the cells before it called.
    """
    replay = Replay(cell_id=cell_id, journaled=journaled)
    reusable = ReusableCalls(before, is_read_only=catalog.is_read_only, earlier=replay.accepted(catalog))
    return PastCalls(replay=replay, reusable=reusable)
