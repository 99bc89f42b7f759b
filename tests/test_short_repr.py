"""A bounded `repr`: cut at the same place it is that of Python, and it is one of any value."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydantic_ai_grail._common.short_repr import short_repr

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.decimals()
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner)
)


def repr_of_type(value: Any) -> str:
    return type(value).__name__


@given(VALUES)
def test_what_is_cut_anyway_is_as_python_writes_it(value: Any) -> None:
    assert short_repr(value, max_chars=60)[:60] == repr(value)[:60]


@pytest.mark.parametrize(
    ('value', 'text'),
    [
        (10**5_000, '<int of 16,610 bits>'),
        ([10**5_000], '[<int of 16,610 bits>]'),
        ({'u': 1, 'v': -(10**5_000)}, "{'u': 1, 'v': <int of 16,610 bits>}"),
        ({(10**5_000,): {10**5_000}}, '{(<int of 16,610 bits>,): {<int of 16,610 bits>}}'),
        (frozenset({10**5_000}), 'frozenset({<int of 16,610 bits>})'),
        ({'b': 1, 'a': Decimal('1.50')}, "{'b': 1, 'a': Decimal('1.50')}"),
        (datetime(2026, 1, 2, tzinfo=UTC), 'datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc)'),
    ],
    ids=['int', 'in a list', 'in a dict', 'as keys', 'in a frozenset', 'order of keys', 'datetime'],
)
def test_values_that_python_does_not_write_or_sorts(value: Any, text: str) -> None:
    assert short_repr(value, max_chars=100) == text


@pytest.mark.parametrize(
    'value', [[0] * 10**6, 'a' * 10**7, dict.fromkeys(range(10**6)), frozenset(range(10**6))], ids=repr_of_type
)
def test_of_a_large_value_a_part_is_written(value: Any) -> None:
    assert len(short_repr(value, max_chars=60)) < 2_000


def test_of_a_value_that_is_large_because_of_its_nesting_no_more_is_looked_at_than_is_shown() -> None:
    looked_at: list[int] = []

    class Noted:
        def __repr__(self) -> str:
            looked_at.append(1)
            return 'x'

    value: Any = Noted()
    for _ in range(8):
        value = [value] * 50
    assert short_repr(value, max_chars=60)[:60] == ('[' * 8 + 'x, ' * 50)[:60]
    assert len(looked_at) < 60


def test_a_value_that_nests_deeper_than_functions_can_has_a_beginning() -> None:
    value: Any = 1
    for _ in range(100_000):
        value = [value]
    assert short_repr(value, max_chars=60)[:60] == '[' * 60
    del value


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError


def test_an_object_that_has_no_text_is_told_by_its_class() -> None:
    assert short_repr([Broken()], max_chars=60) == '[<Broken>]'
