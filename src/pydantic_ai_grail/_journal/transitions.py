"""The states of a cell and of a call as tables: in which state which entry of the journal may come, and what it leads to.

Whoever decides by the state of a cell (resuming, inspecting) has it from here. The tables of `docs/concepts/journal.md` are
made from these. An entry that has no place in them cannot have been written by this package.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from ..errors import JournalTampered
from ..events.journal_entries import (
    Began,
    CallBegan,
    CallEnded,
    CallWaits,
    CellEnded,
    CellState,
    Entry,
    Granted,
    GrantRevoked,
    GrantUsed,
)

CallPhase: TypeAlias = Literal['not begun', 'started', 'waiting', 'ended']

_CALLS: Final[Mapping[str, CellState]] = {'CallBegan': 'under way', 'CallWaits': 'under way', 'CallEnded': 'under way'}
_ENDS: Final[Mapping[str, CellState]] = {'CellEnded(completed)': 'completed', 'CellEnded(failed)': 'failed'}

CELL: Final[Mapping[CellState, Mapping[str, CellState]]] = MappingProxyType(
    {
        'unjournaled': {'CellQueued': 'queued', 'Began': 'under way'},
        'queued': {'CellQueued': 'queued', 'Began': 'under way', 'CellEnded(failed)': 'denied'},
        'under way': {**_CALLS, 'CellQueued': 'under way', 'CellSuspended': 'waiting', **_ENDS},
        'waiting': {'DecisionRequested': 'waiting', 'CellResumed': 'under way', 'CellEnded(failed)': 'denied'},
        # A cell whose reply did not come into the history is run again: it may come further than it did, or wait.
        'completed': {**_CALLS, 'CellQueued': 'completed', **_ENDS},
        'failed': {**_CALLS, 'CellQueued': 'failed', 'CellSuspended': 'waiting', **_ENDS},
        'denied': {},
    }
)
"""State -> event -> the state after it. Events are kinds of entries."""

CALL: Final[Mapping[CallPhase, Mapping[str, CallPhase]]] = MappingProxyType(
    {
        'not begun': {'CallBegan': 'started'},
        'started': {'CallBegan': 'started', 'CallWaits': 'waiting', 'CallEnded': 'ended'},
        'waiting': {'CallBegan': 'started', 'CallWaits': 'waiting', 'CallEnded': 'ended'},
        'ended': {},
    }
)
"""The same for one call of a cell."""


def event_of(entry: Entry) -> str:
    """The event that an entry is in the tables."""
    name = type(entry).__name__
    return f'{name}({entry.outcome})' if isinstance(entry, CellEnded) else name


class Walk:
    """A walk along the tables, entry by entry. Lifetime: one reading of a journal."""

    def __init__(self, cell_id: str) -> None:
        self._cell_id = cell_id
        self._entries = 0
        self.state: CellState = 'unjournaled'
        self.calls: dict[int, CallPhase] = {}
        """By ordinal."""

    def step(self, entry: Entry) -> None:
        """Take in the next entry. Those of grants say nothing of a cell.

        Raises:
            JournalTampered: When it cannot come here.
        """
        if isinstance(entry, Granted | GrantUsed | GrantRevoked):
            return
        event = event_of(entry)
        state = self._after(event)
        if isinstance(entry, CallBegan | CallWaits | CallEnded):
            before = self.calls.get(entry.ordinal, 'not begun')
            call = CALL[before].get(event)
            if call is None:
                raise self._damaged(event, f'call {entry.ordinal} is {before}')
            self.calls[entry.ordinal] = call
        self.state = state

    def begin(self) -> None:
        """Take in that the cell has begun, before that is written down.

        Raises:
            JournalTampered: When it had begun before.
        """
        self.state = self._after(Began.__name__)

    def _after(self, event: str) -> CellState:
        self._entries += 1
        state = CELL[self.state].get(event)
        if state is None:
            raise self._damaged(event, f'the cell is {self.state}')
        return state

    def _damaged(self, event: str, where: str) -> JournalTampered:
        return JournalTampered(
            f'The journal of cell {self._cell_id!r} is damaged: its entry {self._entries}, {event}, cannot come where '
            f'{where}. Nothing of it is run, for its calls may have taken effect. Continue from a history without this cell.'
        )
