"""Arguments that are written out: each mistake in them is told once, by its whole path, and marked where it stands."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, Json
from pydantic_ai import FunctionToolset, Tool
from support.checking import Toolbox, toolbox, toolbox_of
from typing_extensions import TypedDict

from pydantic_ai_grail._reply.reply import render
from pydantic_ai_grail.events.outcomes import Refused

pytestmark = pytest.mark.anyio


class Line(TypedDict):
    sku: str
    quantity: Annotated[int, Field(gt=0)]


class Order(TypedDict):
    sku: str
    lines: list[Line]


class Card(BaseModel):
    model_config = ConfigDict(extra='forbid')
    kind: Literal['card'] = 'card'
    number: Annotated[str, Field(pattern=r'^\d{4}$')]


class Bank(BaseModel):
    kind: Literal['bank']
    iban: str


def put(order: Order, note: str = '') -> int:
    return len(note)


def pay(
    by: Card | Bank,
    amount: Annotated[Decimal, Field(decimal_places=2, le=100)] = Decimal(1),
    at: AwareDatetime | None = None,
    tags: Annotated[set[str], Field(max_length=2)] | None = None,
) -> int:
    return 0


def split(text: Any) -> Any:
    return text.split(',') if isinstance(text, str) else text


def label(
    names: list[str],
    either: int | list[int] = 0,
    read: Annotated[list[str], BeforeValidator(split)] | None = None,
    data: Json[list[int]] | None = None,
    short: Annotated[str, Field(max_length=3)] = '',
    state: Literal['open', 'closed'] = 'open',
) -> int:
    return 0


LINES: dict[str, Any] = {
    'type': 'object',
    'properties': {
        'id': {'type': 'string', 'pattern': '^A', 'maxLength': 4},
        'lines': {'type': 'array', 'minItems': 1, 'uniqueItems': True, 'items': {'$ref': '#/$defs/Line'}},
        'due': {'type': 'string', 'format': 'date'},
        'ratio': {'type': 'number', 'minimum': 0, 'maximum': 1, 'multipleOf': 0.25},
        'to': {'anyOf': [{'type': 'string', 'format': 'email'}, {'type': 'null'}]},
        'from': {'type': 'integer'},
    },
    'patternProperties': {'^x-': {'type': 'integer'}},
    'additionalProperties': {'type': 'string'},
    'required': ['lines'],
    '$defs': {
        'Line': {
            'type': 'object',
            'additionalProperties': False,
            'required': ['sku'],
            'properties': {'sku': {'type': 'string'}, 'count': {'type': 'integer', 'minimum': 1}},
        }
    },
}


@pytest.fixture(scope='module')
def anyio_backend() -> str:
    return 'asyncio'


@pytest.fixture(scope='module')
async def tools() -> Toolbox:
    return await toolbox_of(put, pay, label)


@pytest.fixture(scope='module')
async def schemas() -> Toolbox:
    return await toolbox(FunctionToolset([Tool.from_schema(print, name='many', description=None, json_schema=LINES)]))


async def reply(tools: Toolbox, source: str) -> str | None:
    """What a model reads of a cell that is refused; `None` when it is accepted."""
    found = (await tools.conversation().verdict(source)).refusals
    return render(Refused(refusals=found, source=source)).error if found else None


async def test_the_inner_key_is_marked_and_told_with_its_whole_path(tools: Toolbox) -> None:
    assert await reply(tools, 'await put({"sku": "A", "lines": [{"skuu": "x", "quantity": 1}]})') == (
        "put() takes no order['lines'][0]['skuu']. It takes: sku, quantity.\n"
        'line 1: await put({"sku": "A", "lines": [{"skuu": "x", "quantity": 1}]})\n'
        '                                          ^^^^^^\n'
        "Write: 'sku'\n"
        'Nothing ran: no tool was called, no variable changed. Send the corrected cell.'
    )


async def test_the_same_is_told_of_a_tool_with_a_schema_only(schemas: Toolbox) -> None:
    assert await reply(schemas, 'await many(lines=[{"sku": "a"}, {"skuu": "x", "count": 0}])') == (
        '2 mistakes, found before anything ran:\n'
        "1. many() takes no lines[1]['skuu']. It takes: sku, count.\n"
        'line 1: await many(lines=[{"sku": "a"}, {"skuu": "x", "count": 0}])\n'
        '                                         ^^^^^^\n'
        "Write: 'sku'\n"
        "2. many() cannot take lines[1]['count'] = 0: Input should be greater than or equal to 1.\n"
        'line 1: await many(lines=[{"sku": "a"}, {"skuu": "x", "count": 0}])\n'
        '                                                               ^\n'
        'Nothing ran: no tool was called, no variable changed. Send the corrected cell.'
    )


async def test_all_mistakes_come_at_once_and_the_same_of_several_items_together(tools: Toolbox) -> None:
    source = (
        'await put({\n    "lines": [\n        {"skuu": "x", "quantity": 0},\n'
        '        {"sku": 5, "quantity": -1},\n        {"quantity": 1},\n    ],\n})'
    )
    assert await reply(tools, source) == (
        '5 mistakes, found before anything ran:\n'
        "1. put(): order lacks the key 'sku'.\n"
        'line 1: await put({\n'
        '                  ^\n'
        "Add 'sku': ... (str).\n"
        "2. put() takes no order['lines'][0]['skuu']. It takes: sku, quantity.\n"
        'line 3: {"skuu": "x", "quantity": 0},\n'
        '         ^^^^^^\n'
        "Write: 'sku'\n"
        "3. put() cannot take order['lines'][0]['quantity'] = 0: Input should be greater than 0. "
        "Likewise order['lines'][1]['quantity'].\n"
        'line 3: {"skuu": "x", "quantity": 0},\n'
        '                                  ^\n'
        "4. put() cannot take order['lines'][1]['sku'] = 5: Input should be a valid string.\n"
        'line 4: {"sku": 5, "quantity": -1},\n'
        '                ^\n'
        "Write: '5'\n"
        "5. put(): order['lines'][2] lacks the key 'sku'.\n"
        'line 5: {"quantity": 1},\n'
        '        ^^^^^^^^^^^^^^^\n'
        "Add 'sku': ... (str).\n"
        'Nothing ran: no tool was called, no variable changed. Send the corrected cell.'
    )


@pytest.mark.parametrize(
    ('source', 'expected'),
    [
        (
            'await pay({"number": "12"}, 5.123)',
            [
                r"pay() cannot take by['number'] = "
                r'"12": '
                r"String should match pattern '^\d{4}$'.",
                'pay() cannot take amount = 5.123: Decimal input should have no more than 2 decimal places.',
            ],
        ),
        ('await pay({"kind": "bank"})', ["pay(): by lacks the key 'iban'."]),
        (
            'await pay({"number": "1234"}, amount=500)',
            ['pay() cannot take amount = 500: Input should be less than or equal to 100.'],
        ),
        (
            'from datetime import datetime\nawait pay({"number": "1234"}, at=datetime(2026, 1, 1))',
            ['pay() cannot take at = datetime(2026, 1, 1): Input should have timezone info.'],
        ),
        (
            'await pay({"number": "1234"}, tags={"a", "b", "c"})',
            ['pay() cannot take tags = {"a", "b", "c"}: Set should have at most 2 items after validation, not more.'],
        ),
        (
            'await label(["a"], either="a")',
            [
                "label() cannot take either = \"a\": Input should be a valid integer, unable to parse string as an "
                'integer or a valid list.'
            ],
        ),
        ('await label(["a"], short="long")', ['label() cannot take short = "long": String should have at most 3 characters.']),
    ],
)  # fmt: skip
async def test_constraints_of_annotations_are_checked_beforehand(
    source: str, expected: list[str], tools: Toolbox
) -> None:
    assert [message for _, message, _ in await tools.conversation().refusals(source)] == expected


@pytest.mark.parametrize(
    ('arguments', 'expected'),
    [
        ('lines=[]', 'lines = []: List should have at least 1 item.'),
        ('lines=[{"sku": "a"}, {"sku": "a"}]', 'lines = [{"sku": "a"}, {"sku": "a"}]: List should have no item twice.'),
        ('lines=[{"sku": "a"}], id="B"', 'id = "B": String should match pattern \'^A\'.'),
        ('lines=[{"sku": "a"}], id="A1234"', 'id = "A1234": String should have at most 4 characters.'),
        ('lines=[{"sku": "a"}], due="tomorrow"', 'due = "tomorrow": Input should be a valid date.'),
        ('lines=[{"sku": "a"}], ratio=2', 'ratio = 2: Input should be less than or equal to 1.'),
        ('lines=[{"sku": "a"}], ratio=0.3', 'ratio = 0.3: Input should be a multiple of 0.25.'),
        ('lines=[{"sku": "a"}], to="nobody"', 'to = "nobody": Input should be a valid email.'),
        ('lines=[{"sku": "a"}], to=5', 'to = 5: Input should be a valid string or None.'),
        ('lines=[{"sku": "a"}], **{"from": "here"}', 'from = "here": Input should be a valid integer.'),
        ('lines=[{"sku": "a"}], **{"x-rank": "first"}', 'x-rank = "first": Input should be a valid integer.'),
        ('lines=[{"sku": "a"}], other=5', 'other = 5: Input should be a valid string.'),
    ],
)
async def test_constraints_of_schemas_are_checked_beforehand(arguments: str, expected: str, schemas: Toolbox) -> None:
    found = await schemas.conversation().refusals(f'await many({arguments})')
    assert [message for _, message, _ in found] == [f'many() cannot take {expected}']


@pytest.mark.parametrize(
    'source',
    [
        'await many(lines=[{"sku": "a", "count": "2"}])',  # servers read numbers from text
        'await many(lines=[{"sku": "a", "count": True}])',
        'await many(lines=({"sku": "a"},), due="2026-11-29T10:00:00Z", ratio="0.5", to=None)',
        'from datetime import date\nawait many(lines=[{"sku": "a"}], due=date(2026, 1, 1))',
        'await many(lines=[{"sku": "a"}], **{"from": 1, "x-rank": 2, "any other": "text"})',
        'n = 0\nawait many(lines=[{"sku": "a", "count": n}, *[]])',
        'rest = {}\nawait many(lines=[{"count": 1, **rest}])',
        'k = "sku"\nawait many(lines=[{k: "a"}])',
        'await many(lines=[{"sku": "a", "count": 0} for _ in range(0)] or [{"sku": "b"}])',
    ],
)
async def test_what_a_server_may_take_is_not_refused(source: str, schemas: Toolbox) -> None:
    assert await reply(schemas, source) is None


@pytest.mark.parametrize(
    'source',
    [
        'await put({"sku": "A", "lines": []}, note="x")',
        'n = 5\nawait put({"sku": "A", "lines": [{"sku": "x", "quantity": n}]})',
        'more = {"quantity": 1}\nawait put({"sku": "A", "lines": [{"sku": "x", "quantity": 0, **more}]})',
        'await put(dict(sku="A", lines=[]))',
        'await pay({"number": "1234"}, "99.50")',
        'await pay({"kind": "bank", "iban": "x", "note": "ignored"}, at="2026-01-01T00:00:00Z")',
        'from datetime import datetime, timezone\n'
        'await pay({"number": "1234"}, at=datetime(2026, 1, 1, tzinfo=timezone.utc))',
        'import datetime as dt\nawait pay({"number": "1234"}, at=dt.datetime.fromisoformat("2026-01-01T00:00:00+02:00"))',
        'await label(["a"], either="5", read="a,b", data="[1]")',
        'await label(["a"], either="-".join(["5"]))',
        'import json\nawait label(["a"], data=json.dumps([1]), read=json.dumps(["a"]))',
        'try:\n    await put({"sku": 5, "lines": []})\nexcept ValueError:\n    pass',
    ],
)
async def test_what_the_tool_itself_takes_is_not_refused(source: str, tools: Toolbox) -> None:
    assert await reply(tools, source) is None


async def test_a_record_is_checked_though_some_of_its_values_are_not_known(tools: Toolbox) -> None:
    source = 's = input\nawait put({"sku": s, "lines": [{"sku": s, "quantity": 0}]})'
    assert [message for _, message, _ in await tools.conversation().refusals(source.replace('input', 'str(1)'))] == [
        "put() cannot take order['lines'][0]['quantity'] = 0: Input should be greater than 0."
    ]


async def test_a_very_large_literal_is_left_to_the_call(tools: Toolbox) -> None:
    assert await reply(tools, f'await label({["a", 5] * 3_000})') is None
    assert await reply(tools, f'await label({["a"] * 300 + [5]})') is not None


@pytest.mark.parametrize(
    ('source', 'fix'),
    [
        ('await label(names=\'["x", "y"]\')', "['x', 'y']"),  # not a list of the one text
        ("await label(names='x')", "['x']"),
        ("await label(names='two words')", "['two words']"),
        ("await label(names='x, y')", None),  # one name, or two
        ("await label(names='x;y')", None),
        ("await label(names='')", None),
        ("await label(names='[1, 2]')", None),  # would not pass
        ("await label(names=['a'], short=12345)", None),  # would not pass
        ("await label(names=['a'], short=-5)", "'-5'"),
        ("await label(names=['a'], state='Open')", "'open'"),
        ("await label(names=['a'], state='wontfix')", None),
    ],
)
async def test_what_is_suggested_passes_and_means_the_same_or_is_not_suggested(
    source: str, fix: str | None, tools: Toolbox
) -> None:
    ((_, _, found),) = await tools.conversation().refusals(source)
    assert found == fix


@pytest.mark.parametrize(
    ('argument', 'fix'),
    [
        ("json.dumps(['a'])", "['a']"),
        ("json.dumps({'a': 1})", None),
        ('json.dumps(rows, indent=1)', None),
        ("'-'.join(rows)", None),
        ('str(rows)', None),
        ("f'{rows}'", None),
        ("'{}'.format(rows)", None),
    ],
)
async def test_text_made_of_data_is_found_before_it_reaches_a_list(
    argument: str, fix: str | None, tools: Toolbox
) -> None:
    found = await tools.conversation().refusals(f"import json\nrows = ['a', 'b']\nawait label(names={argument})")
    assert [(code, suggested) for code, _, suggested in found] == [('wrong-type', fix)]
