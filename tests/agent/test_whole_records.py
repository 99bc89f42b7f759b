"""A dict given whole where its keys are the parameters, checked beforehand where it can be and bound when it is called."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel
from pydantic_ai import Agent, Tool
from pydantic_ai.exceptions import ModelRetry
from support.agents import agent_with, play
from typing_extensions import TypedDict

from pydantic_ai_grail import CodeMode

pytestmark = pytest.mark.anyio


class Refund(BaseModel):
    order_id: str
    amount: int = 1


class Customer(TypedDict):
    id: int
    name: str


class Stock(TypedDict):
    sku: str


MADE: list[object] = []


def issue_refund(refund: Refund) -> str:
    """Give money back."""
    MADE.append(refund)
    return refund.order_id


def get_customer(id: int) -> Customer:
    return {'id': id, 'name': 'Ada'}


def get_stock() -> Stock:
    return {'sku': 'K'}


def update_customer(id: int, name: str) -> str:
    MADE.append((id, name))
    return name


def store(data: dict[str, Any], note: str = '') -> list[str]:
    return [*data, note]


def keep(value: Any) -> Any:
    return value


@pytest.fixture
def agent() -> Agent[None, str]:
    MADE.clear()
    return agent_with(issue_refund, get_customer, get_stock, update_customer, store, keep)


@pytest.mark.parametrize(
    ('code', 'made'),
    [
        ("await issue_refund({'order_id': 'A1', 'amount': 3})", Refund(order_id='A1', amount=3)),
        ("refund = {'order_id': 'A1'}\nawait issue_refund(refund)", Refund(order_id='A1')),
        ('record = await get_customer(7)\nawait update_customer(record)', (7, 'Ada')),
        ("record = await get_customer(7)\nawait update_customer({**record, 'name': 'Eve'})", (7, 'Eve')),
        ("async def change(r):\n    return await update_customer(r)\nawait change({'id': 1, 'name': 'x'})", (1, 'x')),
        ("[await update_customer(r) for r in [{'id': 1, 'name': 'x'}]]", (1, 'x')),
    ],
)
async def test_a_dict_of_all_parameters_is_taken(code: str, made: object, agent: Agent[None, str]) -> None:
    (cell,) = await play(agent, code)
    assert cell.content.get('result') in ('A1', 'Ada', 'Eve', 'x', ['x']), cell.content
    assert made == MADE[0]


async def test_a_tool_whose_parameter_takes_a_dict_gets_the_dict(agent: Agent[None, str]) -> None:
    (cell,) = await play(agent, "[await store({'data': {}, 'note': 'n'}), await keep({'value': 1})]")
    assert cell.content == {'result': [['data', 'note', ''], {'value': 1}]}


@pytest.mark.parametrize(
    ('code', 'first_line'),
    [
        (
            "await issue_refund({'order': 'A1'})",
            "issue_refund() has no parameter 'order'. It takes: order_id, amount.",
        ),
        (
            "await issue_refund({'amount': 1, 'orderid': 'A1'})",
            "issue_refund() has no parameter 'orderid'. It takes: order_id, amount.",
        ),
        (
            "await issue_refund({'order_id': 'A1', 'amount': 'much'})",
            "issue_refund() cannot take amount = 'much': Input should be a valid integer, unable to parse string as an "
            'integer.',
        ),
        ("await update_customer({'id': 1})", "update_customer() also needs 'name' (str)."),
        ('await update_customer(await get_stock())', "update_customer() also needs 'name' (str)."),
        ("name = 'Ada'\nawait update_customer(name)", "update_customer() also needs 'name' (str)."),
        ('await update_customer(5)', "update_customer() also needs 'name' (str)."),
    ],
)
async def test_what_is_wrong_in_it_is_found_before_anything_runs(
    code: str, first_line: str, agent: Agent[None, str]
) -> None:
    (cell,) = await play(agent, code)
    assert str(cell.content).splitlines()[0] == first_line
    assert str(cell.content).splitlines()[-1].startswith('Nothing ran')
    assert MADE == []


async def test_a_server_that_refuses_what_its_schema_forbids_is_explained_by_the_schema() -> None:
    schema: dict[str, Any] = {
        'type': 'object',
        'properties': {
            'lines': {
                'type': 'array',
                'items': {'type': 'object', 'properties': {'sku': {'type': 'string'}}, 'required': ['sku']},
            }
        },
        'required': ['lines'],
    }

    def put(**arguments: Any) -> str:
        if any('sku' not in line for line in arguments['lines']):
            raise ModelRetry('invalid input')
        return 'put'

    tool = Tool.from_schema(put, name='put', description=None, json_schema=schema)
    agent = Agent(tools=[tool], capabilities=[CodeMode()])
    code = "lines = [{key: 'x'} for key in ('sku', 'skuu')]\nawait put(lines=lines)"
    (cell,) = await play(agent, code)
    assert str(cell.content).splitlines()[:3] == [
        "put(lines=[{'sku': 'x'}, {'skuu': 'x'}]) raised RuntimeError: invalid input",
        '> put() was given wrong arguments:',
        "> - lines[1]['skuu']: no such key. Did you mean 'sku'?",
    ]
