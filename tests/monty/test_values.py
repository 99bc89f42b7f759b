"""Values on their way into the sandbox and out of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, StrEnum
from pathlib import PurePosixPath
from typing import Any, NamedTuple, cast
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, computed_field, field_serializer

from pydantic_ai_grail._common.typed_json import from_typed_json, to_typed_json
from pydantic_ai_grail._monty.host_values import OverFastParts, Room, TooLarge, from_sandbox
from pydantic_ai_grail._monty.lent_worker import lend_worker
from pydantic_ai_grail._monty.pool import WORKERS
from pydantic_ai_grail._monty.stops import DoneStop, FailedStop, Returned
from pydantic_ai_grail._monty.values import MAX_DEPTH, NotCrossable, to_sandbox
from pydantic_ai_grail._monty.worker import HostAccess, Worker
from pydantic_ai_grail.limits import Limits

pytestmark = pytest.mark.anyio


class Colour(StrEnum):
    RED = 'red'


class Level(Enum):
    HIGH = 3


class Point(NamedTuple):
    x: int
    y: int


@dataclass
class Part:
    name: str
    made: date


class Order(BaseModel):
    id: UUID
    total: Decimal
    parts: list[Part]
    level: Level

    @computed_field
    @property
    def count(self) -> int:
        return len(self.parts)

    @field_serializer('level')
    def _level(self, level: Level) -> str:
        return level.name.lower()


class Text(str):
    __slots__ = ()


def test_records_cross_as_dicts_with_native_leaves() -> None:
    order = Order(
        id=UUID('12345678123456781234567812345678'),
        total=Decimal('9.90'),
        parts=[Part('bolt', date(2026, 1, 2))],
        level=Level.HIGH,
    )
    assert to_sandbox(order) == {
        'id': '12345678-1234-5678-1234-567812345678',
        'total': Decimal('9.90'),
        'parts': [{'name': 'bolt', 'made': date(2026, 1, 2)}],
        'level': 'high',
        'count': 1,
    }


@pytest.mark.parametrize(
    ('value', 'crossed'),
    [
        (Colour.RED, 'red'),
        (Level.HIGH, 3),
        (PurePosixPath('/a/b'), '/a/b'),
        (Point(1, 2), (1, 2)),
        (Text('x'), 'x'),
        (bytearray(b'x'), b'x'),
        (frozenset({1}), frozenset({1})),
        ({Colour.RED: {Level.HIGH}}, {'red': {3}}),
        (range(3), [0, 1, 2]),
    ],
)
def test_what_monty_has_no_type_for_crosses_as_its_plain_form(value: object, crossed: object) -> None:
    found = to_sandbox(value)
    assert found == crossed
    assert type(found) is type(crossed)


def test_a_value_without_a_form_and_one_that_contains_itself_are_refused() -> None:
    with pytest.raises(NotCrossable, match="type 'object' has no form in the sandbox"):
        to_sandbox([object()])
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(NotCrossable, match='contains itself'):
        to_sandbox(circle)


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=['Cs'])),
    st.binary(),
    st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])),
    st.times(),
    st.timedeltas(min_value=timedelta(days=-(10**6)), max_value=timedelta(days=10**6)),
    st.complex_numbers(allow_nan=False, allow_infinity=False),
)
KEYS = st.one_of(st.text(st.characters(exclude_categories=['Cs'])), st.integers(), st.dates(), st.booleans())
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(KEYS, inner, max_size=4),
        st.tuples(inner, inner),
        st.sets(KEYS, max_size=4),
        st.frozensets(KEYS, max_size=4),
    ),
    max_leaves=12,
)


async def _through(worker: Worker, value: object) -> object:
    stop = await worker.feed('give()', prints=lambda _stream, _text: None, host=HostAccess())
    stop = await worker.answer(Returned(to_sandbox(value)))
    if isinstance(stop, FailedStop):
        raise AssertionError(stop.failure.message)
    assert isinstance(stop, DoneStop)
    return stop.value


@settings(max_examples=40, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=5))
def test_values_of_all_supported_types_come_back_from_the_sandbox_unchanged(values: list[object]) -> None:
    import anyio

    async def scenario() -> object:
        async with lend_worker(Limits.DEFAULT, host=HostAccess(), functions={}, pool=WORKERS) as worker:
            return await _through(worker, values)

    found = anyio.run(scenario)
    assert found == values
    assert _types(found) == _types(values)


def _types(value: Any) -> list[Any]:
    """The types of a value and of all that is in it, in order."""
    if isinstance(value, list | tuple):
        return [type(cast('Any', value)), *map(_types, cast('list[Any]', value))]
    if isinstance(value, dict):
        return [dict, *map(_types, cast('dict[Any, Any]', value).values())]
    return [type(value)]


async def test_what_is_no_data_leaves_the_sandbox_as_a_short_description() -> None:
    code = """
class Box:
    def __init__(self):
        self.size = 3
def f(): ...
import json
{'box': Box(), 'kind': Box, 'f': f, 'len': len, 'int': int, 'error': ValueError('no'), 'module': json}
"""
    async with lend_worker(Limits.DEFAULT, host=HostAccess(), functions={}) as worker:
        stop = await worker.feed(code, prints=lambda _stream, _text: None, host=HostAccess())
    assert isinstance(stop, DoneStop)
    assert stop.value['box'] == {'size': 3}
    assert stop.value['error'] == 'ValueError: no'
    assert stop.value['int'] == "<class 'int'>"
    assert stop.value['len'] == "<function 'len'>"
    assert str(stop.value['f']).startswith("<function 'f'")
    assert all(isinstance(stop.value[name], str) for name in ('kind', 'module'))


def test_times_and_dates_are_not_taken_for_one_another() -> None:
    assert from_sandbox(datetime(2026, 1, 1), date(2026, 1, 1), time(1)).values == (
        datetime(2026, 1, 1),
        date(2026, 1, 1),
        time(1),
    )


@pytest.mark.parametrize('kind', ['list', 'dict', 'tuple'])
def test_what_crosses_can_be_written_down_and_what_nests_deeper_does_not_cross(kind: str) -> None:
    def wrap(inner: Any) -> Any:
        return {'list': [inner], 'dict': {'a': inner}, 'tuple': (inner,)}[kind]

    value: Any = 1
    for _ in range(MAX_DEPTH):
        value = wrap(value)
    assert from_typed_json(to_typed_json(*from_sandbox(value).values)) == value
    with pytest.raises(RecursionError, match='it nests deeper than 200 levels'):
        from_sandbox(wrap(wrap(value)))


def shared(rounds: int, last: Any = 'ab') -> Any:
    value: Any = [last]
    for _ in range(rounds):
        value = [value, value]
    return value


def test_what_is_there_several_times_counts_each_time_and_stays_one_object() -> None:
    left = from_sandbox(shared(10), shared(1))
    assert left.values[0][0] is left.values[0][1]
    assert (left.parts, left.size) == (2**11 - 2 + 2**10 + 4, 2 * (2**10 + 2))


@pytest.mark.parametrize(
    ('value', 'why'),
    [
        (shared(60), 'more than 1,000 parts, each counted as often as it appears'),
        ({'a': shared(60), 'b': (1, 2)}, 'more than 1,000 parts'),
        (tuple(range(1_001)), 'more than 1,000 parts'),
        (frozenset(range(1_001)), 'more than 1,000 parts'),
        ('a' * 10_001, 'more than 10,000 bytes of text'),
        (b'a' * 10_001, 'more than 10,000 bytes of text'),
        ('ä' * 9_990, 'more than 10,000 bytes of text'),
        (['a' * 100] * 101, 'more than 10,000 bytes of text'),
        ({'a' * 10_001: 1}, 'more than 10,000 bytes of text'),
        ([2**80_009], 'more than 10,000 bytes of text'),
        ([ValueError('a' * 10_001)], 'more than 10,000 bytes of text'),
    ],
)
def test_what_is_larger_than_there_is_room_for_does_not_leave(value: Any, why: str) -> None:
    with pytest.raises(TooLarge, match=why):
        from_sandbox(value, room=Room(parts=1_000, size=10_000))


def test_the_values_that_leave_together_share_their_room() -> None:
    room = Room(parts=1_000, size=10_000)
    assert from_sandbox([1] * 600, 'a' * 6_000, room=room).parts == 600
    with pytest.raises(TooLarge):
        from_sandbox([1] * 600, [1] * 600, room=room)
    with pytest.raises(TooLarge):
        from_sandbox('a' * 6_000, 'a' * 6_000, room=room)


def test_a_value_of_many_parts_is_given_up_for_a_thread_to_look_at() -> None:
    with pytest.raises(OverFastParts):
        from_sandbox([[1, 2]] * 100, at_once=200)
    assert from_sandbox([[1, 2]] * 100, at_once=300).parts == 300


def test_what_a_tool_returns_several_times_is_one_object_in_the_sandbox_too() -> None:
    value = to_sandbox(shared(60))
    assert value[0] is value[1]
    with pytest.raises(NotCrossable, match='nested deeper than 200 levels'):
        to_sandbox(shared(201))
    short = shared(150)
    deep: Any = short
    for _ in range(60):
        deep = [deep]
    with pytest.raises(NotCrossable, match='nested deeper than 200 levels'):
        to_sandbox([short, deep])


def test_a_tuple_that_holds_tuples_many_times_over_crosses_as_lists() -> None:
    shared: Any = (1,)
    for _ in range(12):
        shared = (shared, shared)
    assert to_sandbox([shared, {'a': shared}]) == [shared, {'a': shared}]
    many = tuple((n, (n, n)) for n in range(50_000))
    assert to_sandbox(many) == many
    assert to_sandbox((0,) * 200_000) == (0,) * 200_000
    for _ in range(28):
        shared = (shared, shared)
    form = cast('object', to_sandbox({'a': [shared]})['a'][0])
    with pytest.raises(TypeError, match="unhashable type: 'list'"):
        hash(form)
