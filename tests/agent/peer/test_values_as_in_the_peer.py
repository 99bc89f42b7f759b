"""Which values reach code from tools, and how they come out of a cell: with their types, and none of them lost."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import pytest
from pydantic import BaseModel
from pydantic_ai import Agent, BinaryContent, ToolReturn
from pydantic_ai.messages import BinaryImage, ModelRequest, ToolReturnPart
from pydantic_ai_harness import ToolOutputLimits
from pydantic_ai_harness.tool_output_limits import LocalFileStore
from support.agents import agent_with, last, turn
from support.scripts import scripted_model

from pydantic_ai_grail import CodeMode
from pydantic_ai_grail.testing import played_cells

pytestmark = pytest.mark.anyio

PICTURE = BinaryContent(data=b'\x89PNG', media_type='image/png')
SHOWN = f'<image/png, file {PICTURE.identifier}>'
FILE = BinaryImage(data=b'\x89PNG', media_type='image/png')
ID = UUID('00000000-0000-0000-0000-000000000001')


class Order(BaseModel):
    price: Decimal
    id: UUID
    placed: datetime


def order() -> Order:
    return Order(price=Decimal('2.50'), id=ID, placed=datetime(2026, 3, 1, 12))


def by_price() -> dict[Decimal, str]:
    return {Decimal('2.50'): 'coffee'}


def by_number() -> dict[int, str]:
    return {7: 'seven'}


def blobs() -> set[bytes]:
    return {b'\xff\xfe'}


def nothing_yet() -> Any:
    return ...


def alike() -> Any:
    return {7: 'number', '7': 'text'}


def ids_alike() -> Any:
    return {ID: 'id', str(ID): 'text'}


def picture() -> Any:
    return PICTURE


def pictures() -> Any:
    return [PICTURE, 'a red square']


def wrapped() -> Any:
    return ToolReturn(return_value=PICTURE, metadata={'camera': 2})


def counted() -> Any:
    return ToolReturn(return_value=42, metadata={'source': 'index'})


TOOLS = (order, by_price, by_number, blobs, nothing_yet, alike, ids_alike, picture, pictures, wrapped, counted)


@pytest.mark.parametrize(
    ('cell', 'result'),
    [
        ('o = await order()\n[o["price"] * 2, o["id"], o["placed"].hour]', [5, str(ID), 12]),
        ('p = await by_price()\n[type(k).__name__ for k in p]', ['Decimal']),
        ('n = await by_number()\n[n[7], 7 in n, "7" in n]', ['seven', True, False]),
        ('b = await blobs()\n[len(x) for x in b]', [2]),
        ('(await nothing_yet()) is ...', True),
        ('a = await alike()\n[len(a), a[7], a["7"]]', [2, 'number', 'text']),
        ('await counted() + 1', 43),
    ],
    ids=['record', 'decimal keys', 'int keys', 'bytes in a set', 'ellipsis', 'keys that look alike', 'tool return'],
)
async def test_what_a_tool_returns_keeps_its_types_in_code(cell: str, result: Any) -> None:
    assert last(await turn(agent_with(*TOOLS), cell)) == {'result': result}


@pytest.mark.parametrize(
    ('cell', 'result'),
    [
        ('type("a")', "<class 'str'>"),
        ('len', "<function 'len'>"),
        ('ValueError("boom")', 'ValueError: boom'),
        ('...', '...'),
        ('[float("nan"), float("-inf"), 1.5]', ['nan', '-inf', 1.5]),
        (
            '{"kind": type(1), "rows": [1, (int, "a")], "raw": b"raw"}',
            {'kind': "<class 'int'>", 'rows': [1, ["<class 'int'>", 'a']], 'raw': 'raw'},
        ),
        ('{int: 1}', {"<class 'int'>": 1}),
        ('await alike()', {'7': 'number', '7 (str)': 'text'}),
    ],
)
async def test_a_result_that_json_has_no_form_for_is_told_as_text(cell: str, result: Any) -> None:
    assert last(await turn(agent_with(*TOOLS), cell)) == {'result': result}


@pytest.mark.parametrize(
    ('cell', 'result'),
    [
        ('{"<class \'int\'>": "text", int: 1}', {"<class 'int'>": 'text', "<class 'int'> (2)": 1}),
        ('{int: 1, "<class \'int\'>": "text"}', {"<class 'int'> (2)": 1, "<class 'int'>": 'text'}),
        ('{len: 1, "<function \'len\'>": 2}', {"<function 'len'> (2)": 1, "<function 'len'>": 2}),
        (
            '{(int, 1): "a", ("<class \'int\'>", 1): "b"}',
            {'("<class \'int\'>", 1) (2)': 'a', '("<class \'int\'>", 1)': 'b'},
        ),
    ],
)
async def test_no_item_of_a_dict_is_lost_when_the_text_of_its_key_is_another_key(cell: str, result: Any) -> None:
    assert last(await turn(agent_with(*TOOLS), cell)) == {'result': result}


async def test_an_argument_keeps_all_its_items_too() -> None:
    got: list[Any] = []

    def keep(rows: Any) -> int:
        got.append(rows)
        return len(rows)

    assert last(await turn(agent_with(keep), 'await keep({"<class \'int\'>": 1, int: 2})')) == {'result': 2}
    assert got == [{"<class 'int'>": 1, "<class 'int'> (2)": 2}]


@pytest.mark.parametrize(
    ('cell', 'content'),
    [
        ('await picture()', [{'result': SHOWN}, FILE]),
        ('p = await picture()\nprint("taken")\np', [{'printed': ['taken'], 'result': SHOWN}, FILE]),
        ('p = await pictures()\nprint("done")\np', [{'printed': ['done'], 'result': [SHOWN, 'a red square']}, FILE]),
        ('await wrapped()', [{'result': SHOWN}, FILE]),
    ],
    ids=['alone', 'with a print', 'in a list', 'in a tool return'],
)
async def test_a_picture_goes_through_code_and_the_model_sees_it(cell: str, content: Any) -> None:
    assert last(await turn(agent_with(*TOOLS), cell)) == content


@pytest.mark.parametrize(
    ('cell', 'metadata'), [('await counted()', {'source': 'index'}), ('await wrapped()', {'camera': 2})]
)
async def test_the_metadata_of_a_tool_return_is_in_the_history(cell: str, metadata: Any) -> None:
    request = (await turn(agent_with(*TOOLS), cell)).all_messages()[2]
    assert isinstance(request, ModelRequest)
    part = request.parts[0]
    assert isinstance(part, ToolReturnPart)
    nested = cast('dict[str, dict[str, ToolReturnPart]]', part.metadata)['tool_returns']
    assert [returned.metadata for returned in nested.values()] == [metadata]


async def test_a_capability_that_bounds_what_tools_return_may_stand_beside_code_mode() -> None:
    agent = Agent(capabilities=[CodeMode(), ToolOutputLimits(store=LocalFileStore())])
    result = await agent.run('go', model=scripted_model("x = {'a': 1}\ntype(x)"))
    assert last(result) == {'result': "<class 'dict'>"}


UNHASHABLE = 'an object of a class is a key of a dict or in a set there; use a text, a number or a tuple'


@pytest.mark.parametrize('value', ['{A(): 1}', '{A()}', '[1, (2, {A(), A()})]', '{(A(), 1): 2}'])
async def test_an_object_of_a_class_as_a_key_ends_its_cell_and_no_run(value: str) -> None:
    def take(x: Any) -> int:
        return 1

    cells = [
        f'class A:\n    pass\nx = {value}\nlen(x)',
        'x',
        'try:\n    told = await take(x)\nexcept ValueError as error:\n    told = str(error)\ntold',
        'print(len(x))\nlen(x)',
    ]
    _, shown, sent, after = played_cells((await turn(agent_with(take), *cells)).all_messages())
    assert shown.outcome in ('refused', 'failed')
    assert f'its value cannot leave the sandbox: {UNHASHABLE}. ' in shown.content
    assert sent.content == {'result': f'the arguments of take() cannot leave the sandbox: {UNHASHABLE}'}
    assert after.outcome == 'completed'
