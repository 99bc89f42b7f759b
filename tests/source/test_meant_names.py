"""What is suggested for an unknown name can stand where the name stands: called, subscripted, read, given to a function."""

from __future__ import annotations

import pytest
from support.checking import Toolbox, toolbox_of

pytestmark = pytest.mark.anyio


async def list_orders(customer: str | None = None) -> list[dict[str, str]]:
    """List orders."""
    raise AssertionError


async def send(n: int) -> bool:
    """Send."""
    raise AssertionError


ASSIGN = 'Assign it first: orders = await list_orders(...).'
MEANT = {
    # data: a tool is none, its result is
    'for order in orders:\n    print(order)': ASSIGN,
    '[order for order in orders]': ASSIGN,
    'len(orders)': ASSIGN,
    'print(orders)': ASSIGN,
    'orders[0]': ASSIGN,
    'orders.append(1)': ASSIGN,
    'x = orders': ASSIGN,
    "f'{orders}'": ASSIGN,
    'if orders:\n    pass': ASSIGN,
    'orders + [1]': ASSIGN,
    'list_order[0]': 'Assign it first: list_order = await list_orders(...).',
    # a variable comes before a function of a like name
    'sums = 3\nsum_ + 1': 'sums',
    'lists[0]': None,
    'sums_ = 1\ndef sums():\n    return 1\nsum_s + 1': 'sums_',
    # called, or given on: a tool or a builtin may be meant
    'await orders()': 'list_orders',
    'f = sendd\nf': 'send',
    'sorted([1], key=lenn)': 'len',
    'sort([1])': 'sorted',
    # a module or a class has attributes, a tool has none
    'dictt.fromkeys([1])': 'dict',
}


@pytest.fixture(scope='module')
def anyio_backend() -> str:
    return 'asyncio'


@pytest.fixture(scope='module')
async def tools() -> Toolbox:
    return await toolbox_of(list_orders, send)


@pytest.mark.parametrize('source', MEANT)
async def test_a_name_that_is_suggested_fits_how_the_unknown_one_is_used(source: str, tools: Toolbox) -> None:
    assert [each.fix for each in (await tools.conversation().verdict(source)).refusals] == [MEANT[source]]


async def test_where_a_tool_and_the_standard_library_have_like_names_both_are_told() -> None:
    async def get_date(order: int) -> str:
        raise AssertionError

    async def logs(name: str) -> str:
        raise AssertionError

    conversation = (await toolbox_of(get_date, logs)).conversation()

    [date] = (await conversation.verdict('date(2026, 11, 1)')).refusals
    [log] = (await conversation.verdict('log(2)')).refusals

    assert date.fix == 'Call get_date, or write before this line: from datetime import date.'
    assert log.fix == 'Call logs, or write before this line: from math import log.'
