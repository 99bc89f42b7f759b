"""Annotations of all kinds that a tool may have: bare and parametrized, alone and inside each other."""

# Bare and odd generics are what is meant.
# pyright: basic, reportInvalidTypeArguments=false, reportIndexIssue=false

from __future__ import annotations

import collections
import collections.abc
import contextlib
import dataclasses
import datetime
import decimal
import enum
import fractions
import io
import ipaddress
import numbers
import os
import pathlib
import re
import typing
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, NotRequired, Protocol, Required, Union

import annotated_types
import pydantic
import pydantic_ai
import typing_extensions
from pydantic import BaseModel, Field, RootModel
from typing_extensions import ReadOnly, TypeAliasType, TypedDict

T = typing.TypeVar('T')
Number = typing.TypeVar('Number', int, float)
Bounded = typing.TypeVar('Bounded', bound='Model')
Defaulted = typing_extensions.TypeVar('Defaulted', default=list[int])
P = typing.ParamSpec('P')
Ts = typing_extensions.TypeVarTuple('Ts')


class Colour(enum.Enum):
    red = 'red'
    blue = 2


class Flags(enum.IntFlag):
    one = 1
    two = 2


class Odd(enum.Enum):
    """Values that are no literals."""

    pair = (1, [2])
    thing = object


class Model(BaseModel):
    number: int = Field(gt=0)
    words: 'list[str] | None' = None  # noqa: UP037 # a string inside postponed annotations is what is meant


class Recursive(BaseModel):
    children: list[Recursive] = []
    by_name: dict[str, Recursive] | None = None


class Left(BaseModel):
    right: Right | None = None


class Right(BaseModel):
    left: Left | None = None


class Cat(BaseModel):
    kind: Literal['cat']
    lives: int = 9


class Dog(BaseModel):
    kind: Literal['dog']
    tricks: typing.List = []  # type: ignore[type-arg] # noqa: UP006 # bare on purpose


class Page(BaseModel, Generic[T]):
    items: list[T]
    total: int


class Rows(RootModel[list[Model]]):
    pass


class AnyRoot(RootModel[typing.Dict]):  # type: ignore[type-arg] # noqa: UP006 # bare on purpose
    pass


@dataclasses.dataclass
class Plain:
    a: int
    b: typing.Sequence = ()  # type: ignore[type-arg] # bare on purpose
    c: dataclasses.InitVar[int] = 0


@dataclasses.dataclass
class Boxed(Generic[T]):
    value: T
    next: Boxed[T] | None = None


@pydantic.dataclasses.dataclass
class Checked:
    a: Annotated[str, Field(min_length=1)]


class Point(NamedTuple):
    x: float
    y: typing.Dict = {}  # type: ignore[type-arg] # noqa: UP006, RUF012 # bare on purpose


Untyped = collections.namedtuple('Untyped', ['a', 'b'])  # the old form is what is meant


class Whole(TypedDict):
    a: int
    b: NotRequired[typing.List]  # type: ignore[type-arg] # noqa: UP006 # bare on purpose


class Partial(TypedDict, total=False):
    a: Required[ReadOnly[int]]
    b: Annotated[str, Field(max_length=3)]


class Open(TypedDict, extra_items=int):
    a: str


class GenericDict(TypedDict, Generic[T]):
    value: T


class Speaks(Protocol):
    def speak(self) -> str: ...


class Abstract(ABC):
    @abstractmethod
    def act(self) -> None: ...


class AbstractModel(BaseModel, ABC):
    name: str


class Opaque:
    pass


class BadRepr:
    def __repr__(self) -> str:
        raise RuntimeError('no text')


class Hostile(type):
    """Classes that answer no question."""

    def __instancecheck__(cls, instance: object) -> bool:
        raise ValueError('do not ask')

    def __subclasscheck__(cls, subclass: type) -> bool:
        raise ValueError('do not ask')

    def __hash__(cls) -> int:
        raise ValueError('no hash')


class Unfriendly(metaclass=Hostile):
    pass


@dataclasses.dataclass
class Unresolved:
    a: Missing  # type: ignore[name-defined] # noqa: F821 # so it is meant  # pyright: ignore


UserId = NewType('UserId', int)
Pair = TypeAliasType('Pair', tuple[T, T], type_params=(T,))
Nested = TypeAliasType('Nested', 'list[Nested] | int')
Bare = TypeAliasType('Bare', 'dict')

LEAVES: list[Any] = [
    *(None, type(None), Any, object, str, bool, int, float, complex, bytes, bytearray),
    *(datetime.datetime, datetime.date, datetime.time, datetime.timedelta, datetime.timezone, datetime.tzinfo),
    *(decimal.Decimal, fractions.Fraction, uuid.UUID, pathlib.Path, pathlib.PurePosixPath, os.PathLike, re.Pattern),
    *(ipaddress.IPv4Address, ipaddress.IPv6Network, ipaddress.IPv4Interface, numbers.Number, range, slice, memoryview),
    *(Colour, Flags, Odd, Model, Recursive, Left, Cat, Page, Page[int], Page[Model], Rows, AnyRoot, Plain, Boxed[int]),
    *(Boxed, Checked, Point, Untyped, Whole, Partial, Open, GenericDict, GenericDict[int], Speaks, Abstract),
    *(AbstractModel, Opaque, Unresolved, Unfriendly, UserId, Pair[int], Pair, Nested, Bare, BadRepr),
    *(T, Number, Bounded, Defaulted, P, Ts, typing.AnyStr, typing.LiteralString, typing.NoReturn, typing.Never),
    *(
        typing.Self,
        typing.Hashable,
        typing.Sized,
        str,
        typing.SupportsInt,
        typing.IO,
        typing.IO[str],
        io.BytesIO,
    ),
    *(typing.Literal['a', 1, None, b'x', True], Literal[Colour.red], Literal['a] | b'], 'int', 'Missing', typing.Match),
    *(pydantic.Json, pydantic.Json[list[int]], pydantic.SecretStr, pydantic.SecretBytes, pydantic.Secret[int]),
    *(pydantic.AnyUrl, pydantic.HttpUrl, pydantic.EmailStr, pydantic.NameEmail, pydantic.PostgresDsn, pydantic.UUID4),
    *(pydantic.conint(gt=3), pydantic.constr(pattern='a|b'), pydantic.condecimal(max_digits=5), pydantic.ByteSize),
    *(pydantic.conlist(int, max_length=3), pydantic.PositiveFloat, pydantic.StrictBool, pydantic.FilePath),
    *(pydantic.AwareDatetime, pydantic.FutureDate, pydantic.ImportString, pydantic.Base64Str, pydantic.JsonValue),
    *(pydantic.PastDate, pydantic.condate(gt=datetime.date(2026, 1, 1)), pydantic.InstanceOf[Opaque]),
    *(pydantic.SkipValidation[int], pydantic.OnErrorOmit[int], pydantic.FailFast, pydantic.Base64Bytes),
    *(pydantic_ai.BinaryContent, pydantic_ai.ImageUrl, pydantic_ai.ToolReturn, pydantic_ai.ToolReturn[int]),
    Annotated[Cat | Dog, Field(discriminator='kind')],
    Annotated[int, {'not': 'hashable'}],
    Annotated[list[Annotated[str, annotated_types.Len(1, 3)]], annotated_types.MinLen(1)],
    Annotated[str, BadRepr()],
    Annotated[Any, pydantic.WithJsonSchema({'type': ['string', 'null'], 'properties': []})],
    Annotated[int, pydantic.WithJsonSchema({'anyOf': 7})],
]
"""Types that hold no other that could be chosen."""

BARE: list[Any] = [
    *(list, tuple, set, frozenset, dict, type, collections.deque, collections.Counter, collections.OrderedDict),
    *(collections.defaultdict, collections.ChainMap, enum.Enum, BaseModel, pydantic.RootModel),
    *(getattr(typing, name) for name in sorted(typing.__all__) if hasattr(getattr(typing, name), '__origin__')),
    *(getattr(collections.abc, name) for name in collections.abc.__all__),
    *(contextlib.AbstractContextManager, contextlib.AbstractAsyncContextManager),
]
"""Generics without what they hold."""


WAYS: list[Callable[[Any], Any]] = [
    *(
        lambda inner, one=one: one[inner]
        for one in (list, set, frozenset, collections.deque, type, collections.Counter)
    ),
    *(lambda inner, one=one: one[inner] for one in (typing.List, typing.Set, typing.FrozenSet, typing.Deque)),  # noqa: UP006
    *(lambda inner, one=one: one[inner] for one in (typing.Sequence, typing.MutableSequence, typing.Collection)),
    *(lambda inner, one=one: one[inner] for one in (typing.Iterable, typing.Iterator, typing.Container)),
    *(lambda inner, one=one: one[inner] for one in (typing.AbstractSet, typing.MutableSet, typing.Reversible)),
    *(
        lambda inner, one=one: one[inner]
        for one in (typing.KeysView, typing.AsyncIterator, typing.Awaitable, typing.IO)
    ),
    *(lambda inner, one=one: one[str, inner] for one in (typing.Dict, typing.Mapping, typing.MutableMapping)),  # noqa: UP006
    *(lambda inner, one=one: one[str, inner] for one in (typing.DefaultDict, typing.OrderedDict, typing.ChainMap)),  # noqa: UP006
    *(lambda inner, one=one: one[inner, int] for one in (typing.Dict, typing.Mapping, typing.ItemsView)),  # noqa: UP006
    *(lambda inner, one=one: one[inner] for one in (Required, NotRequired, ReadOnly, typing.Final, typing.ClassVar)),
    *(
        lambda inner, one=one: one[inner]
        for one in (Boxed, GenericDict, Page, Pair, pydantic.Json, pydantic_ai.ToolReturn)
    ),
    lambda inner: typing.Optional[inner],  # noqa: UP045
    lambda inner: Union[int, inner, str],  # noqa: UP007
    lambda inner: typing.Tuple[inner, ...],  # noqa: UP006
    lambda inner: tuple[inner, int],
    lambda inner: tuple[int, *tuple[inner, ...]],
    lambda inner: Annotated[inner, Field(description='x')],
    lambda inner: Annotated[inner, pydantic.Strict(), BadRepr()],
    lambda inner: Callable[[inner], int],
    lambda inner: Callable[..., inner],
    lambda inner: typing.Generator[inner, None, None],
    lambda inner: typing.AsyncGenerator[inner, None],
    lambda inner: typing.Coroutine[Any, Any, inner],
]
"""Ways in which a type holds another."""
