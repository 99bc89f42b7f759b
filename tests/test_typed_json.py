"""Plain values come back from typed JSON as they were: same values, same types, same looks."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pydantic_ai_grail._common.typed_json import from_typed_json, to_typed_json

ZONES = st.builds(
    timezone,
    st.timedeltas(min_value=timedelta(hours=-23), max_value=timedelta(hours=23)),
) | st.builds(timezone, st.timedeltas(timedelta(hours=-23), timedelta(hours=23)), st.text(max_size=5))
MAYBE_ZONES = st.none() | st.just(UTC) | ZONES
HASHABLE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**18).map(lambda n: n**9),
    st.floats(),
    st.complex_numbers(),
    st.decimals(allow_nan=False),
    st.text(st.characters()),
    st.text(st.characters(categories=['Cs', 'L'])),
    st.binary(),
    st.dates(),
    st.datetimes(timezones=MAYBE_ZONES, allow_imaginary=True),
    st.datetimes().map(lambda moment: moment.replace(fold=1)),
    st.builds(time.replace, st.times(timezones=MAYBE_ZONES), fold=st.sampled_from([0, 1])),
    st.timedeltas(),
    ZONES,
    st.just(...),
)
LEAVES = HASHABLE | st.decimals()
KEYS = st.recursive(
    HASHABLE,
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3),
    max_leaves=5,
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.sets(KEYS, max_size=4)
        | st.frozensets(KEYS, max_size=4)
        | st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=12,
)


def look(value: Any) -> Any:
    """All that can be told of a value: its type, its parts, its sign, its name, and for sets no order."""
    if type(value) is dict:
        pairs = cast('dict[Any, Any]', value).items()
        return dict, [(look(key), look(item)) for key, item in pairs]
    if type(value) in (list, tuple):
        return type(value), [look(item) for item in value]
    if type(value) in (set, frozenset):
        return type(value), sorted(str(look(item)) for item in value)
    if isinstance(value, int):
        return type(value), hex(value)
    return type(value), repr(value)


@given(VALUES)
@settings(max_examples=400, deadline=None)
@example([1, True, 1.0, '1', None, -0.0, 0.0])
@example('\ud83d\ude00')
@example('\U0001f600 and \udc00')
@example(10**5000)
@example(-(2**63) - 1)
@example(datetime(2026, 7, 1, 12, fold=1, tzinfo=timezone(timedelta(hours=2), 'CEST')))
@example(time(12, tzinfo=timezone(timedelta(0), 'GMT')))
@example(['dict', ['set', 1], {'list': ['tuple']}])
@example({float('nan'), (), frozenset[int]()})
@example(Decimal('-sNaN123'))
@example(complex(-0.0, math.inf))
def test_every_plain_value_comes_back_as_it_was(value: Any) -> None:
    text = to_typed_json(value)
    assert look(from_typed_json(text)) == look(value)
    assert to_typed_json(from_typed_json(text)) == text
    assert text.isascii()


@given(st.sets(KEYS, max_size=8), st.randoms())
@settings(deadline=None)
def test_equal_sets_are_equal_texts_whatever_order_they_were_made_in(items: set[Any], chance: Any) -> None:
    shuffled = list(items)
    chance.shuffle(shuffled)
    assert to_typed_json(set(shuffled)) == to_typed_json(items)


def test_a_time_in_a_place_comes_back_with_the_offset_and_the_name_it_has_there() -> None:
    moment = datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo('Europe/Berlin'))
    found = from_typed_json(to_typed_json(moment))
    assert repr(found) == repr(moment.replace(tzinfo=timezone(timedelta(hours=1), 'CET')))


class Stamp(datetime):
    """A library's own idea of a point in time."""


def test_dates_and_times_of_a_librarys_own_classes_are_the_plain_ones() -> None:
    found = from_typed_json(to_typed_json([Stamp(2026, 1, 1, 12)]))
    assert look(found) == look([datetime(2026, 1, 1, 12)])


@pytest.mark.parametrize(
    'value', [object(), [object()], {1: (range(3),)}, str, bytearray(b'x'), type('S', (str,), {})()]
)
def test_what_is_no_plain_data_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match='is not plain data'):
        to_typed_json(value)


def test_what_nests_too_deep_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(TypeError, match='nests too deep'):
        to_typed_json(value)


TAGS = ['int', 'float', 'text', 'dict', 'list', 'set', 'datetime', 'date', 'time', 'timedelta', 'timezone', 'decimal']
TAGGED = st.tuples(st.sampled_from([*TAGS, 'bytes', 'complex', '?']))
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(TAGS),
    lambda inner: (
        st.tuples(TAGGED, st.lists(inner)).map(lambda parts: [*parts[0], *parts[1]])
        | st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=10,
)


@given(JSON)
@settings(max_examples=600, deadline=None)
def test_other_json_is_refused_with_a_value_error_or_read_as_some_plain_value(document: Any) -> None:
    try:
        value = from_typed_json(json.dumps(document))
    except ValueError:
        return
    to_typed_json(value)


@pytest.mark.parametrize(
    'text',
    [
        '',
        '{}',
        '[{}]',
        '["list",{"a":1}]',
        '[]',
        '["no such tag",1]',
        '["decimal","x"]',
        '["decimal"]',
        '["int","0y"]',
        '["date","2026-13-01"]',
        '["datetime",["2026-01-01",2,null]]',
        '["timezone",[[1,0,0],"far"]]',
        '["timedelta",[1000000000,0,0]]',
        '["set",["list"]]',
        '["dict",[["list"],1]]',
        '["dict",1]',
        '["text","zz"]',
        '["text","ff"]',
        '[["list"],1]',
        '[' * 100_000,
        '["list",' * 50_000 + '1' + ']' * 50_000,
    ],
)
def test_a_text_that_is_none_of_ours_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        from_typed_json(text)
