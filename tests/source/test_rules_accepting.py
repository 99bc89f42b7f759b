"""Whether an annotation may accept a value: never no where Pydantic says yes, and no where it matters."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal, NotRequired, Optional, Union

import pytest
from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from pydantic_ai_grail._catalog.signatures import Declaration, Field
from pydantic_ai_grail._source.rules.accepting import may_accept
from pydantic_ai_grail._source.rules.examples import example_record


class Point(TypedDict):
    x: int
    label: NotRequired[str]


POINT = Declaration(
    name='Point',
    source='class Point(TypedDict): ...',
    fields=(Field(key='x', annotation='int'), Field(key='label', annotation='str', required=False)),
)
DECLARATIONS = {'Point': POINT}
NAMES = {
    'Any': Any, 'Decimal': Decimal, 'Literal': Literal, 'Optional': Optional, 'Point': Point, 'Union': Union,
    'date': date, 'datetime': datetime, 'time': time, 'timedelta': timedelta,
}  # fmt: skip

ANNOTATIONS = [
    'str', 'int', 'float', 'bool', 'bytes', 'Decimal', 'datetime', 'date', 'time', 'timedelta', 'None', 'Any',
    'list', 'dict', 'set', 'tuple', 'frozenset', 'object', 'complex',
    'list[int]', 'set[str]', 'frozenset[int]', 'dict[str, int]', 'tuple[int, str]', 'tuple[int, ...]', 'list[list[int]]',
    "Literal['a', 1]", "Literal['a'] | None", 'int | None', 'str | list[str]', 'Optional[int]', 'Union[int, str]',
    'Point', 'list[Point]', 'Point | None',
]  # fmt: skip
VALUES: list[Any] = [
    None, True, False, 0, 1, -7, 10**20, 1.0, 1.5, float('nan'), '', 'a', '1', '1.5', 'true', 'yes', '2026-09-08',
    '2026-09-08T10:00:00Z', 'PT5M', '10:00', b'a', Decimal('1.5'), Decimal(2), datetime(2026, 9, 8), date(2026, 9, 8),
    time(10), timedelta(hours=1), [], [1], ['a'], ['1'], [[1]], (), (1, 'a'), (1,), {1}, frozenset({'a'}), {}, {'a': 1},
    {'x': 1}, {'x': '1', 'label': 'a', 'more': 1}, {'x': 'no'}, {'label': 'a'}, [{'x': 1}], [{}], 1j,
]  # fmt: skip


@pytest.mark.parametrize('annotation', ANNOTATIONS)
def test_what_pydantic_accepts_is_never_called_impossible(annotation: str) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(eval(annotation, dict(NAMES)))  # noqa: S307  (written above)
    wrong: list[Any] = []
    for value in VALUES:
        try:
            adapter.validate_python(value)
        except ValidationError:
            continue
        if not may_accept(annotation, value, DECLARATIONS):
            wrong.append(value)
    assert wrong == []


IMPOSSIBLE: list[tuple[str, Any]] = [
    ('str', 5), ('int', 'two'), ('int', 1.5), ('int', [1]), ('float', 'x'), ('bool', 2), ('bool', 'maybe'),
    ('bytes', 1), ('Decimal', 'x'), ('datetime', [1]), ('date', {}), ('None', 0), ('list', 'abc'), ('dict', [1]),
    ('list[int]', ['x']), ('set[str]', 'a'), ('tuple[int, str]', (1,)), ('tuple[int, ...]', ('x',)),
    ('dict[str, int]', 5), ("Literal['a', 1]", 'b'), ("Literal['a']", ['a']), ('int | None', 'x'),
    ('Point', {'label': 'a'}), ('Point', {'x': 'no'}), ('Point', 3), ('list[Point]', [{}]),
]  # fmt: skip


@pytest.mark.parametrize(('annotation', 'value'), IMPOSSIBLE)
def test_what_can_never_be_accepted_is_known(annotation: str, value: Any) -> None:
    assert not may_accept(annotation, value, DECLARATIONS)


def test_what_cannot_be_read_may_accept_anything() -> None:
    assert may_accept('no python', 5, {})


def test_an_example_of_a_record_is_one_that_pydantic_accepts() -> None:
    fields = {
        'a': 'str', 'b': 'int | None', 'c': "Literal['x']", 'd': "Literal['x', 'y']", 'e': 'list[int]',
        'f': 'dict[str, int]', 'g': 'tuple[int, str]', 'h': 'tuple[int, ...]', 'i': 'Point', 'j': 'datetime',
        'k': 'Decimal', 'l': 'None',
    }  # fmt: skip
    record = Declaration(
        name='R', source='', fields=tuple(Field(key=key, annotation=text) for key, text in fields.items())
    )
    types: dict[str, Any] = {key: eval(text, dict(NAMES)) for key, text in fields.items()}  # noqa: S307  (see above)
    example = example_record(record, {'Point': POINT, 'R': record})
    assert TypeAdapter(TypedDict('R', types)).validate_python(example, strict=True).keys() == fields.keys()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType, reportUnknownArgumentType, reportArgumentType, reportCallIssue, reportGeneralTypeIssues]  # made here


def test_an_example_of_a_record_in_itself_comes_to_an_end() -> None:
    node = Declaration(name='Node', source='', fields=(Field(key='next', annotation='Node | None'),))
    assert example_record(node, {'Node': node}, 5) == {'next': {'next': {}}}
