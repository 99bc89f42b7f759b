"""The states of a cell: what journals say walks along one table, and what leaves it is found to be damaged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.journal_entries import (
    BEGAN,
    CELL_ENDED,
    CELL_QUEUED,
    ENTRIES,
    NOON,
    call_began,
    call_ended,
    call_waits,
    cell_resumed,
    cell_suspended,
)

from pydantic_ai_grail._journal.cell_state import journal_state_of
from pydantic_ai_grail._journal.transitions import CALL, CELL, event_of
from pydantic_ai_grail.errors import JournalTampered
from pydantic_ai_grail.events.journal_entries import (
    CallBegan,
    CallEnded,
    CallWaits,
    CellEnded,
    CellState,
    DecisionRequested,
    Entry,
    Granted,
    GrantRevoked,
    GrantUsed,
)

FAILED = CellEnded(outcome='failed', at=NOON)
REQUESTED = DecisionRequested(token='token', requested_by='call', at=NOON)
OF_CELLS: Sequence[Entry] = [CELL_QUEUED, BEGAN, cell_suspended(), REQUESTED, cell_resumed(), CELL_ENDED, FAILED]
OF_CALLS = (CallBegan, CallWaits, CallEnded)


def state_of(*entries: Entry) -> CellState:
    return journal_state_of(entries, cell_id='cell').state


@pytest.mark.parametrize(
    ('entries', 'state'),
    [
        ([], 'unjournaled'),
        ([CELL_QUEUED], 'queued'),
        ([CELL_QUEUED, BEGAN], 'under way'),
        ([CELL_QUEUED, FAILED], 'denied'),
        ([BEGAN, call_began(1)], 'under way'),
        ([BEGAN, call_began(1), call_waits(1)], 'under way'),
        ([BEGAN, call_began(1), call_waits(1), cell_suspended()], 'waiting'),
        ([BEGAN, call_began(1), call_waits(1), cell_suspended(), REQUESTED], 'waiting'),
        ([BEGAN, call_began(1), call_waits(1), cell_suspended(), FAILED], 'denied'),
        ([BEGAN, call_began(1), call_waits(1), cell_suspended(), cell_resumed()], 'under way'),
        ([BEGAN, call_began(1), call_ended(1), CELL_ENDED], 'completed'),
        ([BEGAN, call_began(1), call_ended(1), FAILED], 'failed'),
        ([BEGAN, call_began(1), call_ended(1), FAILED, call_began(2)], 'under way'),
    ],
)
def test_a_journal_says_in_which_state_its_cell_is(entries: list[Entry], state: CellState) -> None:
    assert state_of(*entries) == state


@pytest.mark.parametrize(
    ('entries', 'what'),
    [
        ([call_began(1)], 'entry 1, CallBegan, cannot come where the cell is unjournaled'),
        ([BEGAN, BEGAN], 'entry 2, Began, cannot come where the cell is under way'),
        ([BEGAN, cell_resumed()], 'entry 2, CellResumed, cannot come where the cell is under way'),
        ([BEGAN, cell_suspended(), call_began(1)], 'entry 3, CallBegan, cannot come where the cell is waiting'),
        ([BEGAN, cell_suspended(), CELL_ENDED], r'entry 3, CellEnded\(completed\), cannot come where the cell is waiting'),
        ([CELL_QUEUED, FAILED, BEGAN], 'entry 3, Began, cannot come where the cell is denied'),
        ([BEGAN, call_ended(1)], 'entry 2, CallEnded, cannot come where call 1 is not begun'),
        ([BEGAN, call_waits(1)], 'entry 2, CallWaits, cannot come where call 1 is not begun'),
        ([BEGAN, call_began(1), call_ended(1), call_ended(1)], 'entry 4, CallEnded, cannot come where call 1 is ended'),
    ],
)  # fmt: skip
def test_a_journal_that_no_cell_writes_is_damaged(entries: list[Entry], what: str) -> None:
    with pytest.raises(JournalTampered, match=f"The journal of cell 'cell' is damaged: its {what}"):
        state_of(*entries)


def test_the_tables_name_every_state_and_every_entry_of_a_cell() -> None:
    assert list(CELL) == list(get_args(CellState))
    kinds = {kind.__name__ for kind in get_args(Entry)} - {each.__name__ for each in (Granted, GrantUsed, GrantRevoked)}
    events = {event for transitions in CELL.values() for event in transitions}
    assert {event.partition('(')[0] for event in events} == kinds
    assert {event for transitions in CALL.values() for event in transitions} == {kind.__name__ for kind in OF_CALLS}


def test_every_state_can_be_reached_and_only_a_denied_cell_stays_as_it_is() -> None:
    reached = {'unjournaled'}
    for _ in CELL:
        reached |= {after for state in reached for after in CELL[state].values()}  # pyright: ignore[reportArgumentType]
    assert reached == CELL.keys()
    assert [state for state, transitions in CELL.items() if not transitions] == ['denied']


@given(st.lists(ENTRIES, max_size=12))
def test_whatever_entries_there_are_they_walk_along_the_table_or_the_journal_is_damaged(entries: list[Entry]) -> None:
    try:
        state = journal_state_of([BEGAN, *entries], cell_id='cell').state
    except JournalTampered:
        return
    expected: CellState = 'under way'
    for entry in entries:
        expected = CELL[expected].get(event_of(entry), expected)
    assert state == expected
