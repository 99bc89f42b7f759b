"""Journal entries as plain values and back, and what a journal knows of a cell."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from support.journal_entries import (
    BEGAN,
    CELL_ENDED,
    ENTRIES,
    call_began,
    call_ended,
    call_waits,
)

from pydantic_ai_grail._common.typed_json import from_typed_json, to_typed_json
from pydantic_ai_grail._journal.entry_values import entry_of, entry_values
from pydantic_ai_grail.events.journal_entries import DecisionRequested, Entry, JournaledCall, JournalState


@given(ENTRIES)
def test_every_entry_comes_back_from_its_plain_values(entry: Entry) -> None:
    assert entry_of(entry_values(entry)) == entry
    assert entry_of(from_typed_json(to_typed_json(entry_values(entry)))) == entry


VALUES = entry_values(CELL_ENDED)


@pytest.mark.parametrize(
    'values',
    [
        {},
        {**VALUES, 'kind': 'CellMoved'},
        {name: value for name, value in VALUES.items() if name != 'at'},
        {**VALUES, 'more': 1},
        {**VALUES, 'kind': 'Began'},
    ],
)
def test_values_of_no_entry_that_this_version_knows_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match='This version knows no journal entry of the kind'):
        entry_of(values)


def test_entries_that_were_written_under_former_names_are_read() -> None:
    began, asked = call_began(1, amount=5), DecisionRequested(token='t', requested_by='call 2', at=CELL_ENDED.at)
    former = {'delivered_before': 'had', 'tool_metadata': 'said', 'delivered': 'handed', 'requested_by': 'asked_as'}
    for entry in (began, asked, CELL_ENDED):
        values = {former.get(name, name): value for name, value in entry_values(entry).items()}
        if isinstance(entry, DecisionRequested):
            values['kind'] = 'CellAsked'
        assert values != entry_values(entry)
        assert entry_of(values) == entry


def test_entries_hold_mappings_as_plain_dicts() -> None:
    assert type(entry_values(call_began(1, amount=5))['arguments']) is dict


def test_calls_wait_until_they_end() -> None:
    waiting = JournaledCall(began=call_began(1), waits=call_waits(1))
    ended = JournaledCall(began=call_began(2), waits=call_waits(2), ended=call_ended(2), order=1)
    running = JournaledCall(began=call_began(3))
    journaled = JournalState(calls={1: waiting, 2: ended, 3: running}, began=BEGAN)
    assert journaled.waiting == (waiting,)
