"""Types that would be listed too long, twice, or without what code needs to write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID, uuid4

import pytest
from inline_snapshot import snapshot
from pydantic import BaseModel, Field
from pydantic_ai import BinaryContent, ToolDefinition
from pydantic_ai.toolsets import ExternalToolset
from support.catalogs import catalog_of, catalog_of_toolset, entry_of

from pydantic_ai_grail._catalog.description import OPTIONAL_KEYS, TAKEN_RECORDS, tool_description
from pydantic_ai_grail._catalog.listing import listing
from pydantic_ai_grail._catalog.lookup import help_text
from pydantic_ai_grail._catalog.rendering import signature_text
from pydantic_ai_grail._monty.support import load_support

pytestmark = pytest.mark.anyio


class Point(NamedTuple):
    x: float
    label: str = ''


@dataclass
class Place:
    at: Point
    path: list[Point]


async def text_of(tool: Callable[..., Any]) -> str:
    return signature_text((await entry_of(tool)).signature)


async def test_named_tuples_keep_the_names_of_their_fields() -> None:
    def nearest(to: Point, among: list[Point]) -> Point | None: ...
    def places() -> list[Place]: ...

    assert await text_of(nearest) == (
        '(to: tuple[float, str] (x, label), among: list[tuple[float, str] (x, label)]) '
        '-> tuple[float, str] (x, label) | None'
    )
    assert listing(await catalog_of(places), budget_chars=9_000) == snapshot("""\
Place = {at: tuple[float, str] (x, label), path: list[tuple[float, str] (x, label)]}
places() -> list[Place]\
""")


async def test_many_values_are_listed_in_part_and_told_by_help() -> None:
    def photo() -> BinaryContent: ...
    def pick(country: Literal['aa,b', "it's]", 'cc', 'dd', 'ee', 'ff', 'gg', 'hh', 'ii', 'jj', 'kk', 'll', 'mm', 'nn', 'oo', 'pp', 'qq', 'rr', 'ss', 'tt', 'uu', 'vv', 'ww', 'xx', 'yy', 'zz']) -> int: ...  # fmt: skip

    catalog = await catalog_of(photo, pick)
    text = listing(catalog, budget_chars=9_000)
    assert len(text) < 900
    assert text.splitlines()[-1] == snapshot(
        "pick(country: Literal['aa,b', \"it's]\", 'cc', 'dd', 'ee', 'ff', 'gg', 'hh', 'ii', 'jj', 'kk', 'll', ... 14 more]) -> int"
    )
    assert "'zz'" in help_text(catalog, 'pick')


class Window(BaseModel):
    size: int = 3
    unit: str = 'day'


@dataclass
class Box:
    width: Decimal
    tags: set[str]


class Filters(BaseModel):
    since: date = date(2026, 1, 2)
    until: datetime | None = datetime(2026, 1, 2, 3, 4)
    wait: timedelta = timedelta(seconds=90)
    least: Decimal = Decimal('1.50')
    words: str = '2026-01-01'


async def test_defaults_are_what_code_can_write() -> None:
    def find(window: Window, box: Box, many: list[Window], since: date) -> None: ...

    day = Field(default_factory=lambda: date(2026, 1, 2))
    find.__defaults__ = (Window(size=5), Box(Decimal('1.5'), {'a'}), [Window()], day)

    assert await text_of(find) == snapshot(
        "(window: Window = {'size': 5}, box: Box = {'width': Decimal('1.5'), 'tags': {'a'}}, many: list[Window] = [{}], since: date = ...) -> None"
    )

    def tag(
        key: Annotated[UUID, Field(default_factory=uuid4)],
        names: Annotated[list[str], Field(default_factory=list)],
        weights: Annotated[dict[str, int], Field(default_factory=dict[str, int])],
        kinds: Annotated[set[str], Field(default_factory=set)],
        places: tuple[str, ...] = Field(default_factory=tuple),
        number: int = Field(default_factory=lambda: 7),
    ) -> None: ...

    assert await text_of(tag) == snapshot(
        '(key: str (uuid) = uuid4(), names: list[str] = [], weights: dict[str, int] = {}, kinds: set[str] = set(), places: tuple[str, ...] = (), number: int = ...) -> None'
    )

    def search(filters: Filters) -> None: ...

    assert await text_of(search) == snapshot(
        "(since: date = date(2026, 1, 2), until: datetime | None = datetime(2026, 1, 2, 3, 4), wait: timedelta = timedelta(seconds=90), least: Decimal = Decimal('1.50'), words: str = '2026-01-01') -> None"
    )


def issue(title: str, **more: Any) -> dict[str, Any]:
    return {'title': title, 'type': 'object', 'properties': {'id': {'type': 'integer'}, **more}, 'required': ['id']}


async def test_equal_records_of_schemas_are_listed_once() -> None:
    tools = [
        ToolDefinition(name=f'tool_{number}', return_schema={'type': 'array', 'items': issue(f'tool_{number}Output')})
        for number in range(11)
    ]
    tools.append(ToolDefinition(name='other', return_schema=issue('Other', name={'type': 'string'})))
    text = listing(await catalog_of_toolset(ExternalToolset(tools)), budget_chars=9_000)
    assert text.splitlines()[:4] == snapshot(
        [
            'Tool0Output = {id: int}',
            'Other = {id: int, name?: str}',
            'tool_0() -> list[Tool0Output]',
            'tool_1() -> list[Tool0Output]',
        ]
    )
    assert text.count('{id: int') == 2


async def test_classes_of_one_shape_keep_their_names() -> None:
    class One(BaseModel):
        id: int

    class Two(BaseModel):
        id: int

    def both() -> dict[str, One | Two]: ...

    both.__annotations__['return'] = dict[str, One | Two]
    assert await text_of(both) == '() -> dict[str, One | Two]'


@pytest.mark.parametrize(
    ('annotation', 'is_taken', 'may_lack'), [(Window, True, True), (list[Place], True, False), (int, False, False)]
)
async def test_the_description_tells_of_records_what_there_is(annotation: Any, is_taken: bool, may_lack: bool) -> None:
    def act(x: Any, y: int) -> Place: ...

    act.__annotations__['x'] = annotation
    text = tool_description(await catalog_of(act), load_support())
    assert (TAKEN_RECORDS in text, OPTIONAL_KEYS in text) == (is_taken, may_lack)
