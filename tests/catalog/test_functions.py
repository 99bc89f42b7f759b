"""Signatures of tools that are Python functions."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import pytest
from pydantic import BaseModel, Field
from pydantic_ai import RunContext, Tool, ToolReturn
from support.catalogs import entry_of
from typing_extensions import TypedDict

from pydantic_ai_grail._catalog.functions import FunctionFacts, signature_from_function
from pydantic_ai_grail._catalog.rendering import signature_text
from pydantic_ai_grail._catalog.signatures import Parameter

if TYPE_CHECKING:
    from decimal import Decimal as OnlyForCheckers

pytestmark = pytest.mark.anyio


class State(Enum):
    open = 'open'
    closed = 'closed'


class Options(BaseModel):
    limit: int = Field(default=10, description='At most so many')
    query: str
    state: State = State.open
    from_: date | None = Field(default=None, alias='from')


@dataclass
class Node:
    name: str
    children: list[Node] | None = None


@dataclass
class Unresolved:
    a: OnlyForCheckers


class Where(TypedDict):
    city: str


async def text_of(tool: Callable[..., Any] | Tool[Any]) -> str:
    return signature_text((await entry_of(tool)).signature)


async def test_parameters_keep_their_order_types_and_defaults() -> None:
    def search(
        query: str,
        state: State = State.open,
        *,
        since: date | None = None,
        labels: frozenset[str] = frozenset({'a'}),
        wait: timedelta = timedelta(seconds=1),
        folder: Path = Path('docs'),
        sizes: tuple[int, ...] = (1,),
        until: date = date(2026, 1, 2),
        weights: dict[str, float] = {},  # noqa: B006 # nothing changes it
        most: float = float('inf'),
    ) -> list[str]: ...

    assert await text_of(search) == (
        "(query: str, state: Literal['open', 'closed'] = 'open', *, since: date | None = None, "
        "labels: frozenset[str] = frozenset({'a'}), wait: timedelta = timedelta(seconds=1), folder: str = 'docs', "
        'sizes: tuple[int, ...] = (1,), until: date = date(2026, 1, 2), weights: dict[str, float] = {}, '
        'most: float = ...) -> list[str]'
    )


async def test_a_parameter_knows_its_key_its_words_and_how_it_is_given() -> None:
    def search(query: str, *, limit: Annotated[int, Field(alias='max-results', description='At most')] = 3) -> None:
        """Search.

        Args:
            query: Words to look for.
        """

    assert (await entry_of(search)).signature.parameters == (
        Parameter(name='query', key='query', annotation='str', description='Words to look for.'),
        Parameter(
            name='max_results',
            key='max-results',
            annotation='int',
            default='3',
            description='At most',
            keyword_only=True,
        ),
    )


async def test_defaults_given_by_a_field_are_shown() -> None:
    def search(
        a: int = Field(default=3), b: int = Field(default_factory=int), c: Annotated[int, Field()] = 4
    ) -> None: ...

    assert await text_of(search) == '(a: int = 3, b: int = ..., c: int = 4) -> None'


async def test_the_run_context_is_no_parameter() -> None:
    async def search(ctx: RunContext[None], query: str) -> str: ...

    assert await text_of(search) == '(query: str) -> str'


async def test_what_is_not_annotated_may_be_anything() -> None:
    search: Callable[..., Any] = eval('lambda query, limit=3: None')  # noqa: S307 # so that no checker minds

    assert await text_of(Tool(search, name='search')) == '(query: Any, limit: Any = 3) -> Any'


async def test_several_of_one_kind_are_a_list_and_further_keywords_are_taken() -> None:
    def search(query: str, *more: int, limit: int = 1, **options: str) -> None: ...

    assert await text_of(search) == '(query: str, *more: int, limit: int = 1, **kwargs: str) -> None'


async def test_a_keyword_that_is_called_kwargs_is_not_hidden() -> None:
    def search(kwargs: int, **kwargs_: int) -> None: ...

    assert await text_of(search) == '(kwargs: int, **kwargs_: int) -> None'


async def test_the_fields_of_a_sole_record_are_the_parameters() -> None:
    def search(options: Options) -> int: ...
    def find(node: Node) -> Node: ...
    def look(where: Where) -> None: ...

    assert await text_of(search) == (
        "(query: str, limit: int = 10, state: Literal['open', 'closed'] = 'open', from_: date | None = None) -> int"
    )
    assert (await entry_of(search)).signature.parameters[1].description == 'At most so many'
    assert (await entry_of(search)).signature.parameters[3].key == 'from'
    assert await text_of(find) == '(name: str, children: list[NodeInput] | None = None) -> Node'
    assert await text_of(look) == '(city: str) -> None'


async def test_records_taken_and_given_differ_where_defaults_do() -> None:
    def copy(node: Node, depth: int) -> Node: ...

    entry = await entry_of(copy)
    assert signature_text(entry.signature) == '(node: NodeInput, depth: int) -> Node'
    assert [item.source for item in entry.signature.declarations] == [
        'class Node(TypedDict):\n    name: str\n    children: list[Node] | None',
        'class NodeInput(TypedDict):\n    name: str\n    children: NotRequired[list[NodeInput] | None]',
    ]


async def test_records_taken_and_given_alike_are_one() -> None:
    def move(where: Where, to: Where) -> Where: ...

    entry = await entry_of(move)
    assert signature_text(entry.signature) == '(where: Where, to: Where) -> Where'
    assert [item.name for item in entry.signature.declarations] == ['Where']


@pytest.mark.filterwarnings('ignore:Could not generate return schema')
async def test_what_a_tool_gives_is_told_without_its_wrapping() -> None:
    def plain() -> ToolReturn: ...
    def typed() -> ToolReturn[date]: ...
    def awaitable() -> Awaitable[int]: ...
    def coroutine() -> Coroutine[Any, Any, list[int]]: ...

    assert [await text_of(tool) for tool in (plain, typed, awaitable, coroutine)] == [
        '() -> Any',
        '() -> date',
        '() -> int',
        '() -> list[int]',
    ]


class Cart(BaseModel):
    total: int

    def add(self, amount: int) -> Self: ...

    @classmethod
    def empty(cls, size: int = 0) -> int: ...


async def test_methods_and_partials_are_read_like_functions() -> None:
    def scale(value: float, factor: float, unit: Literal['m', 'km'] = 'm') -> float: ...

    @functools.wraps(scale)
    def wrapped(*args: Any, **kwargs: Any) -> Any: ...

    assert await text_of(Cart(total=1).add) == '(amount: int) -> Cart'
    assert await text_of(Cart.empty) == '(size: int = 0) -> int'
    assert await text_of(wrapped) == "(value: float, factor: float, unit: Literal['m', 'km'] = 'm') -> float"
    partial = functools.partial(scale, factor=2.0)
    vars(partial).update(__name__='scale', __qualname__='scale')  # which Pydantic AI asks for
    assert await text_of(partial) == "(value: float, *, factor: float = 2.0, unit: Literal['m', 'km'] = 'm') -> float"


async def test_a_description_without_its_tags_is_kept() -> None:
    def count() -> int:
        """Count them.

        Twice.

        Returns:
            How many there are.
        """
        return 0

    assert (await entry_of(count)).description == 'Count them.\n\nTwice.\nReturns: How many there are.'


def test_annotations_that_only_checkers_can_resolve_leave_the_schema_to_speak() -> None:
    def price(amount: OnlyForCheckers, note: str) -> OnlyForCheckers: ...

    facts = FunctionFacts(
        parameters_schema={
            'type': 'object',
            'properties': {'amount': {'type': 'number'}, 'other': {'type': 'string'}},
            'required': ['amount'],
        },
        return_schema={'type': 'string'},
    )
    signature = signature_from_function(price, facts, name='price')
    assert signature_text(signature) == '(amount: float, other: str = ...) -> str'


def test_a_sole_record_that_cannot_be_read_leaves_the_schema_to_speak() -> None:
    def unresolved(options: Unresolved) -> None: ...
    def plain(options: int) -> None: ...

    schema: dict[str, Any] = {'type': 'object', 'properties': {'a': {'type': 'integer'}}, '$defs': {'X': True}}
    facts = FunctionFacts(parameters_schema=schema, single_argument='options')
    for function in (unresolved, plain):
        assert signature_text(signature_from_function(function, facts, name='f')) == '(a: int = ...) -> None'
