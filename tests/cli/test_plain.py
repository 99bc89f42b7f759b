"""Values for a terminal and for programs, whatever they are."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from support.journal_entries import ENTRIES, cell_suspended

from pydantic_ai_grail.admin.inspection import PastCell
from pydantic_ai_grail.cli.plain import as_json, moment, printable, short, short_value, size
from pydantic_ai_grail.events.journal_entries import Entry


@pytest.mark.parametrize(
    ('value', 'expected'),
    [
        (Decimal('1.50'), '1.50'),
        (date(2026, 1, 2), '2026-01-02'),
        (b'\xff', "b'\\xff'"),
        ({1: (2, {3})}, {'1': [2, [3]]}),
        (math.nan, 'nan'),
        (-math.inf, '-inf'),
        (2**80, 2**80),
        (True, True),
        ('\ud800', '\ud800'),
        (datetime(2026, 1, 2, tzinfo=UTC), '2026-01-02T00:00:00+00:00'),
    ],
)
def test_what_json_has_no_word_for_becomes_text(value: Any, expected: Any) -> None:
    assert as_json(value) == expected


@given(entry=ENTRIES)
def test_every_journal_entry_can_be_printed_as_json(entry: Entry) -> None:
    text = json.dumps(as_json(entry), allow_nan=False)
    assert text.isascii()


def test_the_bare_journal_of_a_cell_is_not_printed() -> None:
    cell = PastCell(cell_id='c1', code_digest='digest', status='waiting', entries=(cell_suspended(),))
    assert 'entries' not in as_json(cell)


def test_lines_stay_lines_and_nothing_moves_a_cursor() -> None:
    assert printable('é\n\tx\r\x1b[2J\u202e\ud800\x00') == 'é\n    x\\r\\x1b[2J\\u202e\\ud800\\x00'
    assert short('a\nb') == 'a\\nb'
    assert short_value('a\nb') == "'a\\nb'"
    assert short('x' * 1500) == 'x' * 200 + '... (1,500 characters)'


def test_times_are_utc_and_sizes_are_decimal() -> None:
    assert moment(datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))) == '2026-01-02 01:04:05Z'
    assert [size(count) for count in (0, 999, 4_521, 12_300_000)] == ['0.0 kB', '1.0 kB', '4.5 kB', '12.3 MB']
