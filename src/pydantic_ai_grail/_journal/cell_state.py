"""What the entries of a journal say of its cell, taken together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .journal_entries import (
    Began,
    CallBegan,
    CallEnded,
    CallWaits,
    CellAsked,
    CellEnded,
    CellQueued,
    CellResumed,
    CellSuspended,
    Entry,
    Granted,
    GrantRevoked,
    GrantUsed,
    Known,
    KnownCall,
)


def known_of(entries: Sequence[Entry]) -> Known:
    """A cell as far as its journal goes; entries of grants say nothing of it."""
    known = Known()
    calls: dict[int, KnownCall] = {}
    order = 0
    for entry in entries:
        match entry:
            case Began():
                known = replace(known, began=entry)
            case CellQueued():
                known = replace(known, is_queued=True, asked=(*known.asked, (entry.asked_as, '')))
            case CallBegan():
                before = calls.get(entry.ordinal)
                calls[entry.ordinal] = KnownCall(began=entry, asked=0 if before is None else before.asked)
            case CallWaits():
                call = calls[entry.ordinal]
                calls[entry.ordinal] = replace(call, waits=entry, asked=call.asked + (entry.reason == 'approval'))
            case CallEnded():
                order += 1
                calls[entry.ordinal] = replace(calls[entry.ordinal], ended=entry, order=order)
            case CellSuspended():
                asked = () if entry.asked_as is None else ((entry.asked_as, entry.token),)
                known = replace(known, suspended=entry, resumed=None, asked=(*known.asked, *asked))
            case CellAsked():
                known = replace(known, asked=(*known.asked, (entry.asked_as, entry.token)))
            case CellResumed():
                known = replace(known, resumed=entry)
            case CellEnded():
                known = replace(known, ended=entry)
            case Granted() | GrantUsed() | GrantRevoked():
                pass  # of the conversation's journal of grants
    return replace(known, calls=calls)
