"""Python types as annotations of a stub: native leaves, records, enums, and nothing that is ever an error."""

from __future__ import annotations

import collections
import collections.abc
import datetime as dt
import ipaddress
import re
import sys
import uuid
from abc import ABC
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, Flag, IntEnum, StrEnum
from pathlib import Path
from typing import (
    Annotated,
    Any,
    Final,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    NotRequired,
    Optional,
    Protocol,
    Required,
    TypeVar,
    Union,
)

import pydantic
import pytest
from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    computed_field,
    field_serializer,
    model_serializer,
)
from typing_extensions import ReadOnly, TypeAliasType, TypedDict
from typing_extensions import TypeVar as TypingExtensionsTypeVar

from pydantic_ai_grail._catalog.constraints import unmarked
from pydantic_ai_grail._catalog.python_types import TypeWriter
from pydantic_ai_grail._catalog.signatures import Direction

T = TypeVar('T')
Defaulted = TypingExtensionsTypeVar('Defaulted', default=str)
Bound = TypeVar('Bound', bound=int)
Either = TypeVar('Either', int, str)

UserId = NewType('UserId', int)
Names = TypeAliasType('Names', 'list[str]')
Tree = TypeAliasType('Tree', 'list[Tree] | int')
Pair = TypeAliasType('Pair', 'tuple[T, T]', type_params=(T,))
Broken = TypeAliasType('Broken', 'list[Missing]')  # pyright: ignore[reportUndefinedVariable] # noqa: F821 # so it is meant


class Colour(Enum):
    red = 'red'
    blue = 'it\'s "blue"'


class Level(IntEnum):
    low = 1
    high = 2


class Size(StrEnum):
    small = 's'


class Mixed(Enum):
    one = 1
    none = None


class Ratio(Enum):
    half = 0.5
    pair = (1, 2)


class Access(Flag):
    read = 1


class Empty(Enum):
    pass


class Text(str):
    pass


class Money(Decimal):
    pass


class Point(NamedTuple):
    x: float
    label: str = ''


class Opaque:
    pass


class Speaks(Protocol):
    def speak(self) -> str: ...


class Celsius:
    """A type of its own that says what it is in JSON."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(lambda value: value, core_schema.float_schema())


class AsCelsius:
    """The same as metadata."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.float_schema()


@pytest.mark.parametrize(
    ('annotation', 'expected'),
    [
        # leaves that cross as themselves
        *((kind, kind.__name__) for kind in (str, int, float, bool, bytes, complex, Decimal)),
        *((kind, kind.__name__) for kind in (dt.datetime, dt.date, dt.time, dt.timedelta, dt.timezone)),
        (None, 'None'),
        (type(None), 'None'),
        (Any, 'Any'),
        (object, 'Any'),
        (bytearray, 'bytes'),
        (pydantic.AwareDatetime, 'datetime'),
        (pydantic.PastDate, 'date'),
        # what crosses as text
        *((kind, 'str') for kind in (uuid.UUID, Path, pydantic.AnyUrl, pydantic.HttpUrl, pydantic.EmailStr)),
        *((kind, 'str') for kind in (pydantic.SecretStr, ipaddress.IPv4Address, re.Pattern, Text)),
        (pydantic.FilePath, 'str'),
        (pydantic.UUID4, 'str'),
        (Money, 'Decimal'),
        (pydantic.PositiveInt, 'int'),
        (pydantic.conlist(int, min_length=1), 'list[int]'),
        (pydantic.JsonValue, 'Any'),
        # containers
        (list, 'list[Any]'),
        (list[int], 'list[int]'),
        (set[str], 'set[str]'),
        (frozenset[dt.date], 'frozenset[date]'),
        (tuple, 'tuple[Any, ...]'),
        (tuple[int, str], 'tuple[int, str]'),
        (tuple[int, ...], 'tuple[int, ...]'),
        (tuple[()], 'tuple[()]'),
        (dict[str, list[int]], 'dict[str, list[int]]'),
        (collections.abc.Mapping[int, str], 'dict[int, str]'),
        (collections.defaultdict[str, int], 'dict[str, int]'),
        (collections.Counter[str], 'dict[str, int]'),
        (collections.deque[int], 'list[int]'),
        (collections.abc.Sequence[int], 'Sequence[int]'),
        (collections.abc.Iterable, 'Sequence[Any]'),
        (collections.abc.Set[int], 'set[int]'),
        (Point, 'tuple[float, str]'),
        # unions
        (int | None, 'int | None'),
        (Optional[int], 'int | None'),  # noqa: UP045 # the old spelling is what is tested
        (Union[None, str, int, str], 'str | int | None'),  # noqa: UP007 # the old spelling is what is tested
        (list[int | None] | None, 'list[int | None] | None'),
        (int | Any, 'Any'),
        # literals and enums
        (Literal['a', 1, None], "Literal['a', 1] | None"),
        (Literal[Colour.red], "Literal['red']"),
        (Colour, """Literal['red', 'it\\'s "blue"']"""),
        (Level, 'Literal[1, 2]'),
        (Size, "Literal['s']"),
        (Mixed, 'Literal[1] | None'),
        (Ratio, 'float | tuple[Any, ...]'),
        (Access, 'int'),
        (Empty, 'Any'),
        # names for types
        (UserId, 'int'),
        (Names, 'list[str]'),
        (Tree, 'list[Any] | int'),
        (Pair[int], 'tuple[int, int]'),
        (Broken, 'Any'),
        (T, 'Any'),
        (Bound, 'int'),
        (Defaulted, 'str'),
        (Either, 'int | str'),
        (Annotated[int, Field(gt=0)], 'int'),
        (Final[int], 'int'),
        (Required[int], 'int'),
        (ReadOnly[int], 'int'),
        # what nothing is known of
        ('forward', 'Any'),
        (Opaque, 'Any'),
        (Speaks, 'Any'),
        (type[int], 'Any'),
        (collections.abc.Callable[[int], str], 'Any'),
        ([], 'Any'),
        (Celsius, 'float'),
        (Annotated[Opaque, AsCelsius], 'float'),
        (Annotated[int, pydantic.Strict()], 'int'),
    ],
)
def test_a_type_becomes_an_annotation(annotation: Any, expected: str) -> None:
    for direction in ('in', 'out'):
        writer = TypeWriter(direction)
        assert unmarked(writer.write(annotation)) == expected
        assert writer.book.declarations == ()


@pytest.mark.parametrize(
    ('annotation', 'taken', 'given'),
    [
        (pydantic.Json[int], 'str', 'int'),
        (collections.abc.Iterable[int], 'Iterable[int]', 'Sequence[int]'),
        (set[tuple[int, list[str]]], 'list[tuple[int, list[str]]]', 'list[tuple[int, list[str]]]'),
        (Annotated[int, pydantic.PlainSerializer(str, return_type=str)], 'int', 'str'),
        (Annotated[int, pydantic.PlainSerializer(str, return_type=str, when_used='json')], 'int', 'int'),
        (Annotated[int, pydantic.PlainSerializer(lambda value: value)], 'int', 'Any'),
        (Annotated[int, pydantic.BeforeValidator(int, json_schema_input_type=str)], 'str', 'int'),
        (Annotated[int, pydantic.BeforeValidator(int)], 'int', 'int'),
        (Annotated[int, pydantic.PlainValidator(int)], 'Any', 'int'),
        (Annotated[int, pydantic.AfterValidator(int)], 'int', 'int'),
    ],
)
def test_what_is_taken_and_what_is_given_may_differ(annotation: Any, taken: str, given: str) -> None:
    assert (TypeWriter('in').write(annotation), TypeWriter('out').write(annotation)) == (taken, given)


class Author(BaseModel):
    name: str = Field(description='As on the cover')
    born: dt.date | None = None


class Book(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    isbn: str
    authors: list[Author]
    price: Decimal = Field(default=Decimal(1), alias='listPrice')
    sequel: Book | None = None
    secret: str = Field(default='', exclude=True)

    @computed_field(description='In a line')
    def summary(self) -> str:
        return self.isbn


class Aliased(BaseModel):
    plain: int = Field(alias='plainAlias')
    taken: int = Field(validation_alias='takenAlias')
    given: int = Field(serialization_alias='givenAlias')
    choice: int = Field(validation_alias=AliasChoices(AliasPath('deep', 0), 'first'))
    path: int = Field(validation_alias=AliasPath('outer', 'inner'))


class Serialized(BaseModel):
    when: dt.datetime
    what: int
    raw: int

    @field_serializer('when')
    def _when(self, value: dt.datetime) -> str:
        return value.isoformat()

    @field_serializer('what')
    def _what(self, value: int):
        return str(value)

    @field_serializer('raw', when_used='json')
    def _raw(self, value: int) -> str:
        return str(value)


class Unresolvable(BaseModel):
    x: int
    y: int

    @field_serializer('x')
    def _x(self, value: int) -> Missing: ...  # pyright: ignore[reportUndefinedVariable, reportUnknownParameterType] # noqa: F821 # so it is meant

    @field_serializer('y', return_type=str)
    def _y(self, value: int): ...


class Flattened(BaseModel):
    x: int

    @model_serializer
    def _flat(self) -> list[int]:
        return [self.x]


class Extra(BaseModel):
    model_config = ConfigDict(extra='allow')

    x: int


class Shape(BaseModel, ABC):
    name: str


class Ids(RootModel[list[uuid.UUID]]):
    pass


class Page(BaseModel, Generic[T]):
    items: list[T]
    next: str | None = None


@dataclass
class Part:
    """A plain dataclass."""

    name: str
    count: Annotated[int, Field(alias='howMany', description='At least one')] = 1
    made: dt.date = field(default_factory=dt.date.today, init=False)
    inside: list[Part] = field(default_factory=list['Part'])


@dataclass
class Box(Generic[T]):
    content: T


@pydantic.dataclasses.dataclass
class Strict:
    amount: Decimal = Field(alias='theAmount')
    note: str = ''


class Movie(TypedDict, total=False):
    title: Required[str]
    year: int
    cast: ReadOnly[set[str]]


class Sequel(Movie):
    of: Movie
    rating: NotRequired[Annotated[float, Field(description='0 to 10')]]


class Slot(TypedDict, Generic[T]):
    value: T


def declared(annotation: Any, direction: Direction) -> str:
    writer = TypeWriter(direction)
    text = writer.write(annotation)
    return '\n'.join([*(item.source for item in writer.book.declarations), text])


def test_a_model_is_taken_without_what_has_a_default() -> None:
    assert declared(Book, 'in') == (
        'class Book(TypedDict):\n'
        '    isbn: str\n'
        '    authors: list[Author]\n'
        '    price: NotRequired[Decimal]\n'
        '    sequel: NotRequired[Book | None]\n'
        '    secret: NotRequired[str]\n'
        'class Author(TypedDict):\n'
        '    name: str  # As on the cover\n'
        '    born: NotRequired[date | None]\n'
        'Book'
    )


def test_a_model_is_given_whole_as_serialization_gives_it() -> None:
    assert declared(Book, 'out') == (
        'class Book(TypedDict):\n'
        '    isbn: str\n'
        '    authors: list[Author]\n'
        '    listPrice: Decimal\n'
        '    sequel: Book | None\n'
        '    summary: str  # In a line\n'
        'class Author(TypedDict):\n'
        '    name: str  # As on the cover\n'
        '    born: date | None\n'
        'Book'
    )


def test_aliases_are_those_of_the_direction() -> None:
    assert declared(Aliased, 'in') == (
        'class Aliased(TypedDict):\n'
        '    plainAlias: int\n'
        '    takenAlias: int\n'
        '    given: int\n'
        '    first: int\n'
        '    outer: int\n'
        'Aliased'
    )
    assert declared(Aliased, 'out') == (
        'class Aliased(TypedDict):\n'
        '    plainAlias: int\n'
        '    taken: int\n'
        '    givenAlias: int\n'
        '    choice: int\n'
        '    path: int\n'
        'Aliased'
    )


def test_serializers_say_what_a_field_is_given_as() -> None:
    assert declared(Serialized, 'out') == (
        'class Serialized(TypedDict):\n    when: str\n    what: Any\n    raw: int\nSerialized'
    )
    assert declared(Unresolvable, 'out') == 'class Unresolvable(TypedDict):\n    x: Any\n    y: str\nUnresolvable'
    assert declared(Flattened, 'out') == 'list[int]'
    assert declared(Flattened, 'in') == 'class Flattened(TypedDict):\n    x: int\nFlattened'


def test_a_root_model_is_what_it_holds() -> None:
    assert declared(Ids, 'out') == 'list[str]'


@pytest.mark.parametrize('cls', [Extra, Shape])
def test_a_record_that_may_come_with_more_keys_is_open(cls: type[BaseModel]) -> None:
    assert declared(cls, 'out').startswith(f'class {cls.__name__}(TypedDict, extra_items=Any):')


def test_generics_are_records_of_their_arguments() -> None:
    assert declared(Page[Author], 'out').startswith(
        'class PageAuthor(TypedDict):\n    items: list[Author]\n    next: str | None\nclass Author(TypedDict):'
    )
    assert declared(Box[int] | Box[list[str]], 'out') == (
        'class BoxInt(TypedDict):\n'
        '    content: int\n'
        'class BoxListStr(TypedDict):\n'
        '    content: list[str]\n'
        'BoxInt | BoxListStr'
    )
    assert declared(Slot[dt.date], 'out') == 'class SlotDate(TypedDict):\n    value: date\nSlotDate'


def test_a_dataclass_is_taken_by_alias_and_given_by_name() -> None:
    assert declared(Part, 'in') == (
        'class Part(TypedDict):\n'
        '    name: str\n'
        '    howMany: NotRequired[int]  # At least one\n'
        '    inside: NotRequired[list[Part]]\n'
        'Part'
    )
    assert declared(Part, 'out') == (
        'class Part(TypedDict):\n'
        '    name: str\n'
        '    count: int  # At least one\n'
        '    made: date\n'
        '    inside: list[Part]\n'
        'Part'
    )


def test_a_pydantic_dataclass_goes_by_its_aliases_both_ways() -> None:
    assert declared(Strict, 'in') == (
        'class Strict(TypedDict):\n    theAmount: Decimal\n    note: NotRequired[str]\nStrict'
    )
    assert declared(Strict, 'out') == 'class Strict(TypedDict):\n    theAmount: Decimal\n    note: str\nStrict'


def test_a_typed_dict_keeps_what_may_be_absent_also_under_postponed_annotations() -> None:
    assert declared(Sequel, 'out') == (
        'class Sequel(TypedDict):\n'
        '    title: str\n'
        '    year: NotRequired[int]\n'
        '    cast: NotRequired[set[str]]\n'
        '    of: Movie\n'
        '    rating: NotRequired[float]  # 0 to 10\n'
        'class Movie(TypedDict):\n'
        '    title: str\n'
        '    year: NotRequired[int]\n'
        '    cast: NotRequired[set[str]]\n'
        'Sequel'
    )


def test_a_set_of_records_is_a_list_since_no_set_can_hold_dicts() -> None:
    assert declared(frozenset[Box[int]], 'out').endswith('\nlist[BoxInt]')


def test_two_classes_of_one_name_are_two_records() -> None:
    def other() -> type:
        class Author(BaseModel):
            age: int

        return Author

    writer = TypeWriter('out')
    assert writer.write(dict[str, Author] | list[other()]) == 'dict[str, Author] | list[Author2]'


def test_a_record_whose_annotations_cannot_be_resolved_is_any_dict() -> None:
    @dataclass
    class Unresolved:
        x: Missing  # pyright: ignore[reportUndefinedVariable, reportUnknownVariableType] # noqa: F821 # so it is meant

    assert declared(Unresolved, 'out') == 'dict[str, Any]'


def test_docs_of_fields_come_from_the_schema_where_the_class_has_none() -> None:
    writer = TypeWriter('out', docs={'Box': {'content': 'What is in it'}})
    writer.write(Box[int])
    assert writer.book.declarations[0].source == 'class BoxInt(TypedDict):\n    content: int  # What is in it'


@pytest.mark.skipif(sys.version_info < (3, 12), reason='the statement is new in 3.12')
def test_a_type_statement_names_a_type() -> None:
    names: dict[str, Any] = {'__name__': __name__}
    exec('type Words = list[str]\ntype Pair[T] = tuple[T, T]\ntype Deep = list[Deep]', names)  # noqa: S102 # 3.11 cannot parse it
    writer = TypeWriter('in')
    assert writer.write(names['Words'] | None) == 'list[str] | None'
    assert writer.write(names['Pair'][int]) == 'tuple[int, int]'
    assert writer.write(names['Deep']) == 'list[Any]'
