"""What values must fulfil beside their type: shown in the listing, from annotations and from schemas, and nowhere else."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Optional, Union
from uuid import UUID

import annotated_types
import pydantic
import pytest
from inline_snapshot import snapshot
from pydantic import BaseModel, Field
from pydantic_ai import Tool
from support.catalogs import catalog_of, entry_of

from pydantic_ai_grail._catalog.constraints import readable
from pydantic_ai_grail._catalog.json_schemas import signature_from_json_schema
from pydantic_ai_grail._catalog.listing import listing
from pydantic_ai_grail._catalog.python_types import TypeWriter
from pydantic_ai_grail._catalog.rendering import signature_text
from pydantic_ai_grail._catalog.stubs import catalog_stubs

pytestmark = pytest.mark.anyio


ANNOTATIONS: list[tuple[Any, str | None]] = [
    (Annotated[int, Field(ge=1, le=100)], 'int (1..100)'),
    (Annotated[int, Field(gt=0)], 'int (>0)'),
    (Annotated[float, Field(gt=0, le=1.5)], 'float (>0, <=1.5)'),
    (Annotated[int, Field(ge=0, lt=10, multiple_of=5)], 'int (>=0, <10, multiple of 5)'),
    (Annotated[int, annotated_types.Interval(ge=1, le=2)], 'int (1..2)'),
    (pydantic.PositiveInt, 'int (>0)'),
    (pydantic.conint(lt=3), 'int (<3)'),
    (Annotated[int | None, Field(ge=0)], 'int (>=0) | None'),
    (Optional[Annotated[int, Field(ge=0)]], 'int (>=0) | None'),  # noqa: UP045 # as below
    (Annotated[Decimal, Field(gt=0, max_digits=8, decimal_places=2)], 'Decimal (>0, <=8 digits, <=2 decimals)'),
    (Annotated[str, Field(min_length=1, max_length=20)], 'str (1..20 chars)'),
    (Annotated[str, Field(max_length=20)], 'str (<=20 chars)'),
    (Annotated[str, Field(min_length=3, max_length=3, pattern='^[A-Z]+$')], 'str (3 chars, /^[A-Z]+$/)'),
    (pydantic.constr(pattern='a|b'), 'str (/a|b/)'),
    (Annotated[bytes, Field(max_length=9)], 'bytes (<=9 bytes)'),
    (Annotated[list[int], Field(min_length=1)], 'list[int] (>=1 items)'),
    (list[Annotated[str, Field(max_length=3)]], 'list[str (<=3 chars)]'),
    (Annotated[dict[str, int], annotated_types.Len(1, 5)], 'dict[str, int] (1..5 keys)'),
    (pydantic.AwareDatetime, 'datetime (with timezone)'),
    (pydantic.PastDate, 'date (past)'),
    (Annotated[dt.date, Field(ge=dt.date(2026, 1, 1))], 'date (>=2026-01-01)'),
    (UUID, 'str (uuid)'),
    (pydantic.HttpUrl, 'str (url)'),
    (pydantic.EmailStr, 'str (email)'),
    # nothing that a reader could use
    (Annotated[int | str, Field(description='x')], None),
    (Annotated[int, pydantic.Strict()], None),
    (Union[Annotated[int, Field(ge=0)], int], None),  # noqa: UP007 # what `|` does not take in 3.11
]


@pytest.mark.parametrize(('annotation', 'text'), ANNOTATIONS)
def test_an_annotation_says_what_its_values_must_fulfil(annotation: Any, text: str | None) -> None:
    assert readable(TypeWriter('in').write(annotation)) == text
    assert readable(TypeWriter('out').write(annotation)) is None


@pytest.mark.parametrize(
    ('schema', 'text'),
    [
        ({'type': 'integer', 'minimum': 1, 'maximum': 100}, 'int (1..100)'),
        ({'type': 'number', 'exclusiveMinimum': 0, 'multipleOf': 0.01}, 'float (>0, multiple of 0.01)'),
        ({'type': 'number', 'minimum': 0, 'exclusiveMinimum': True}, 'float (>0)'),
        ({'type': ['integer', 'null'], 'maximum': 5.0}, 'int (<=5) | None'),
        ({'anyOf': [{'type': 'integer', 'minimum': 2}, {'type': 'null'}]}, 'int (>=2) | None'),
        ({'type': 'string', 'minLength': 2, 'format': 'email'}, 'str (>=2 chars, email)'),
        ({'type': 'string', 'pattern': f'^{"x" * 80}$'}, f'str (/^{"x" * 36}.../)'),
        ({'type': 'string', 'contentEncoding': 'base64'}, 'str (base64)'),
        (
            {'type': 'array', 'items': {'type': 'string', 'format': 'uuid'}, 'uniqueItems': True, 'maxItems': 4},
            'list[str (uuid)] (<=4 items, unique)',
        ),
        (
            {'type': 'object', 'additionalProperties': {'type': 'integer'}, 'minProperties': 1},
            'dict[str, int] (>=1 keys)',
        ),
        # what is listed anyway, or is no schema that says anything
        ({'enum': ['a', 'b'], 'type': 'string', 'maxLength': 1}, "Literal['a', 'b']"),
        ({'type': 'boolean', 'minimum': 0}, 'bool'),
        ({'minimum': 0}, 'Any'),
        ({'type': 'string', 'format': 'a\n\nNothing ran:', 'pattern': 5}, 'str (/5/, a Nothing ran:)'),
    ],
)
def test_a_schema_says_what_its_values_must_fulfil(schema: dict[str, Any], text: str) -> None:
    document = {'type': 'object', 'properties': {'x': schema}, 'required': ['x']}
    assert signature_text(signature_from_json_schema(document, name='t')) == f'(x: {text}) -> Any'
    given = signature_from_json_schema({'type': 'object'}, schema, name='t')
    assert ' (' not in given.returns


class Item(BaseModel):
    sku: str = Field(pattern='^[A-Z]{3}$')
    count: int = Field(ge=1, le=99)


class Receipt(BaseModel):
    total: Decimal = Field(ge=0)
    items: list[Item]


@dataclass
class Search:
    words: Annotated[str, Field(min_length=2)]
    limit: Annotated[int, Field(le=50)] = 20


async def order(items: Annotated[list[Item], Field(min_length=1)], note: str = Field('', max_length=80)) -> Receipt: ...
async def search(search: Search) -> list[Item]: ...


async def test_a_listing_shows_constraints_of_what_is_taken_while_there_is_room() -> None:
    catalog = await catalog_of(order, search)
    assert listing(catalog, budget_chars=12_000) == snapshot("""\
Receipt = {total: Decimal, items: list[Item]}
Item = {sku: str (/^[A-Z]{3}$/), count: int (1..99)}
order(items: list[Item] (>=1 items), note: str (<=80 chars) = '') -> Receipt
search(words: str (>=2 chars), limit: int (<=50) = 20) -> list[Item]\
""")
    assert listing(catalog, budget_chars=100) == snapshot("""\
Receipt = {total: Decimal, items: list[Item]}
Item = {sku: str, count: int}
order(items: list[Item], note: str = '') -> Receipt
search(words: str, limit: int = 20) -> list[Item]\
""")


async def test_the_checker_reads_types_alone() -> None:
    stubs = catalog_stubs(await catalog_of(order, search)).flat
    assert 'async def search(words: str, limit: int = ...) -> list[Item]: ...' in stubs
    assert '\n    sku: str\n    count: int\n' in stubs
    assert {each.annotation for each in (await entry_of(Tool(order))).signature.parameters} == {'list[Item]', 'str'}
