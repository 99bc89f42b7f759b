"""Values and unions as Python source."""

from __future__ import annotations

import ast
import math
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, StrEnum
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydantic_ai_grail._catalog.literals import default_source, literal, union


class State(Enum):
    open = 'open'


class Mode(StrEnum):
    fast = 'f'


@pytest.mark.parametrize(
    ('value', 'expected'),
    [
        (None, 'None'),
        (True, 'True'),
        (3, '3'),
        (1.5, '1.5'),
        (math.inf, '...'),
        (math.nan, '...'),
        ('it\'s', '"it\'s"'),
        ('x' * 80, '...'),
        (b'a', "b'a'"),
        (State.open, "'open'"),
        (Mode.fast, "'f'"),
        (Decimal('1.50'), "Decimal('1.50')"),
        (date(2026, 1, 2), 'date(2026, 1, 2)'),
        (time(12, 30), 'time(12, 30)'),
        (timedelta(hours=1), 'timedelta(seconds=3600)'),
        (datetime(2026, 1, 2, tzinfo=timezone.utc), 'datetime(2026, 1, 2, 0, 0, tzinfo=timezone.utc)'),  # noqa: UP017 # Monty has no `datetime.UTC`
        (PurePosixPath('a/b'), "'a/b'"),
        (UUID(int=1), "'00000000-0000-0000-0000-000000000001'"),
        ([1, [State.open]], "[1, ['open']]"),
        ((1,), '(1,)'),
        ((), '()'),
        ((1, 2), '(1, 2)'),
        ({'a': [1], State.open: None}, "{'a': [1], 'open': None}"),
        ({'a': object()}, '...'),
        ({object(): 1}, '...'),
        ({2, 1}, '{1, 2}'),
        (set[int](), 'set()'),
        (frozenset({1}), 'frozenset({1})'),
        (frozenset[int](), 'frozenset()'),
        ({object()}, '...'),
        ([object()], '...'),
        (object(), '...'),
    ],
)  # fmt: skip
def test_a_default_is_written_where_it_has_a_short_source(value: object, expected: str) -> None:
    assert default_source(value) == expected


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.binary(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner) | st.sets(st.integers())
    ),
    max_leaves=5,
)


@given(plain)
def test_a_default_that_is_written_is_the_default(value: Any) -> None:
    source = default_source(value)
    assert source == '...' or (source == 'set()' and value == set()) or ast.literal_eval(source) == value


@pytest.mark.parametrize(
    ('members', 'expected'),
    [
        ([], 'Any'),
        (['int'], 'int'),
        (['None', 'int', 'str | None', 'int'], 'int | str | None'),
        (['int', 'Any'], 'Any'),
        (["Literal['a | b'] | int", 'dict[str, int | None]'], "Literal['a | b'] | int | dict[str, int | None]"),
        (["Literal[\"it's | x\", '\\''] | None", 'int'], "Literal[\"it's | x\", '\\''] | int | None"),
    ],
)
def test_a_union_says_each_member_once(members: list[str], expected: str) -> None:
    assert union(members) == expected


@pytest.mark.parametrize(
    ('values', 'expected'),
    [
        (['a', 'a', 1, True, b'x'], "Literal['a', 1, True, b'x']"),
        ([None, 'a'], "Literal['a'] | None"),
        ([None], 'None'),
        ([1.5, 'a'], "Literal['a'] | float"),
        ([object()], 'Any'),
        ([], 'Any'),
    ],
)
def test_values_become_a_literal(values: list[object], expected: str) -> None:
    assert literal(values) == expected
