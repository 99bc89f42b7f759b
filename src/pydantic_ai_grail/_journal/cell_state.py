"""What the entries of a journal say of its cell, taken together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..events.journal_entries import (
    Began,
    CallBegan,
    CallEnded,
    CallWaits,
    CellEnded,
    CellQueued,
    CellResumed,
    CellSuspended,
    DecisionRequested,
    Entry,
    Granted,
    GrantRevoked,
    GrantUsed,
    JournaledCall,
    JournalState,
)
from .transitions import Walk


def journal_state_of(entries: Sequence[Entry], *, cell_id: str, begins_at: int | None = None) -> JournalState:
    """A cell as far as its journal goes; entries of grants say nothing of it.

    Args:
        entries: Its journal.
        cell_id: The cell.
        begins_at: The place of a `Began` that is not written yet.

    Raises:
        JournalTampered: When entries come in an order in which no cell writes them.
    """
    walk = Walk(cell_id)
    journaled = JournalState()
    calls: dict[int, JournaledCall] = {}
    order = 0
    for place, entry in enumerate(entries):
        if place == begins_at:
            walk.begin()
        walk.step(entry)
        match entry:
            case Began():
                journaled = replace(journaled, began=entry)
            case CellQueued():
                journaled = replace(journaled, is_queued=True, requests=(*journaled.requests, (entry.requested_by, '')))
            case CallBegan():
                before = calls.get(entry.ordinal)
                calls[entry.ordinal] = JournaledCall(
                    began=entry, approval_requests=0 if before is None else before.approval_requests
                )
            case CallWaits():
                call = calls[entry.ordinal]
                calls[entry.ordinal] = replace(
                    call, waits=entry, approval_requests=call.approval_requests + (entry.reason == 'approval')
                )
            case CallEnded():
                order += 1
                calls[entry.ordinal] = replace(calls[entry.ordinal], ended=entry, order=order)
            case CellSuspended():
                requests = () if entry.requested_by is None else ((entry.requested_by, entry.token),)
                journaled = replace(journaled, suspended=entry, resumed=None, requests=(*journaled.requests, *requests))
            case DecisionRequested():
                journaled = replace(journaled, requests=(*journaled.requests, (entry.requested_by, entry.token)))
            case CellResumed():
                journaled = replace(journaled, resumed=entry)
            case CellEnded():
                journaled = replace(journaled, ended=entry)
            case Granted() | GrantUsed() | GrantRevoked():
                pass  # of the conversation's journal of grants
    return replace(journaled, calls=calls, state=walk.state)
