"""What code reads of the catalog where it needs it: `help` and `search_tools`."""

from __future__ import annotations

import pytest
from inline_snapshot import snapshot
from pydantic import BaseModel
from pydantic_ai import FunctionToolset, Tool
from pydantic_ai.toolsets import CombinedToolset
from support.catalogs import catalog_of, catalog_of_toolset

from pydantic_ai_grail._catalog.entries import Catalog
from pydantic_ai_grail._catalog.listing import help_text, search

pytestmark = pytest.mark.anyio


class Refund(BaseModel):
    order: str
    amount: float


async def pay_back(order: str, amount: float) -> Refund:
    """Refund some of an order.

    The customer is told by email.

    Args:
        order: Its id.
    """
    return Refund(order=order, amount=amount)


async def list_orders(limit: int = 10) -> list[str]:
    """The ids of orders."""
    return []


def adjust(sku: str) -> None:
    """Correct a count."""


async def shop() -> Catalog:
    root = CombinedToolset(
        [
            FunctionToolset([pay_back, list_orders], id='shop'),
            FunctionToolset([Tool(adjust, sequential=True)], id='stock'),
        ]
    )
    return await catalog_of_toolset(root, budget_chars=0)


async def test_help_tells_everything_of_a_function() -> None:
    catalog = await shop()
    expected = snapshot("""\
Refund = {order: str, amount: float}
async def shop.pay_back(order: str, amount: float) -> Refund
  # Refund some of an order.
  # The customer is told by email.
  order: Its id.\
""")
    assert help_text(catalog, 'shop.pay_back') == expected
    assert help_text(catalog, 'pay_back') == expected


async def test_help_tells_what_a_module_holds() -> None:
    assert help_text(await shop(), 'stock') == snapshot("""\
module stock
def stock.adjust(sku: str) -> None  # Correct a count.\
""")


async def test_help_without_a_name_tells_what_there_is() -> None:
    assert help_text(await shop(), '') == 'shop\nstock'
    assert help_text(await catalog_of(pay_back, list_orders), '') == 'pay_back\nlist_orders'


async def test_help_for_a_name_that_means_nothing_names_the_nearest() -> None:
    assert help_text(await shop(), 'shop.payback') == snapshot(
        "Nothing is called 'shop.payback'. Did you mean shop.pay_back?"
    )
    assert help_text(await shop(), 'zzz') == "Nothing is called 'zzz'."


async def test_search_finds_by_words_in_any_form_and_tells_how_to_call() -> None:
    expected = snapshot("""\
Refund = {order: str, amount: float}
async def shop.pay_back(order: str, amount: float) -> Refund  # Refund some of an order. The customer is told by email.
  order: Its id.\
""")
    catalog = await shop()
    assert [search(catalog, query) for query in ('refunds', 'Refunded customers', 'payBack')] == [expected] * 3


async def test_search_ranks_names_above_words() -> None:
    found = [line for line in search(await shop(), 'order').splitlines() if line.startswith('async def')]
    assert [line.partition('(')[0] for line in found] == ['async def shop.list_orders', 'async def shop.pay_back']


async def test_search_that_finds_nothing_says_where_to_look() -> None:
    assert search(await shop(), 'weather') == "No function fits 'weather'. Modules: shop, stock."
    assert search(await catalog_of(adjust), '') == "No function fits ''."


async def test_search_is_cut_to_the_best() -> None:
    catalog = await catalog_of(*(Tool(adjust, name=f'adjust_{index}') for index in range(11)))
    lines = search(catalog, 'adjust').splitlines()
    assert len(lines) == 9
    assert lines[-1] == '3 more fit.'
