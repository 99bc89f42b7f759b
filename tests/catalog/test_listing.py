"""What the model reads of a catalog, within a budget."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot
from pydantic import BaseModel, Field
from pydantic_ai import FunctionToolset, Tool
from pydantic_ai.toolsets import CombinedToolset
from support.catalogs import catalog_of, catalog_of_toolset

from pydantic_ai_grail._catalog.entries import Catalog
from pydantic_ai_grail._catalog.listing import fits_flat, flat_detail, listing
from pydantic_ai_grail._catalog.rendering import COMPLETE, SHORT, TERSE

pytestmark = pytest.mark.anyio


class Issue(BaseModel):
    number: int
    title: str = Field(description='As it stands in the list')
    parent: Issue | None = None


async def find(words: str, since: date | None = None) -> list[Issue]:
    """Find issues.

    Args:
        words: All of them must occur.
    """
    return []


async def get(number: int) -> Issue:
    """One issue by its number."""
    raise LookupError(number)


def count() -> int:
    """How many there are."""
    return 0


TOOLS: list[Any] = [find, get, Tool(count, sequential=True)]


async def modules() -> Catalog:
    root = CombinedToolset([FunctionToolset(TOOLS).prefixed('tracker'), FunctionToolset(TOOLS, id='mail')])
    return await catalog_of_toolset(root, budget_chars=0)


async def test_a_flat_listing_shows_records_and_functions_whole() -> None:
    assert listing(await catalog_of(*TOOLS), budget_chars=12_000) == snapshot("""\
Issue = {
  number: int,
  title: str,  # As it stands in the list
  parent: Issue | None,
}
find(words: str, since: date | None = None) -> list[Issue]  # Find issues.
  words: All of them must occur.
get(number: int) -> Issue  # One issue by its number.
def count() -> int  # How many there are.\
""")


async def test_a_flat_listing_that_has_little_room_drops_words() -> None:
    catalog = await catalog_of(*TOOLS)
    assert listing(catalog, budget_chars=300) == snapshot("""\
Issue = {number: int, title: str, parent: Issue | None}
find(words: str, since: date | None = None) -> list[Issue]  # Find issues.
get(number: int) -> Issue  # One issue by its number.
def count() -> int  # How many there are.\
""")
    details = [flat_detail(catalog, budget_chars=budget) for budget in (3_000, 1_200, 300, 0)]
    assert details == [COMPLETE, SHORT, TERSE, TERSE]
    entries = [*catalog.entries.values()]
    assert (fits_flat(entries, budget_chars=300), fits_flat(entries, budget_chars=100)) == (True, False)


async def test_functions_are_not_marked_when_none_is_awaited() -> None:
    catalog = await catalog_of(Tool(count, sequential=True))
    assert listing(catalog, budget_chars=12_000) == 'count() -> int  # How many there are.'


async def test_modules_are_outlined_while_there_is_room() -> None:
    assert listing(await modules(), budget_chars=1_000) == snapshot("""\
tracker:
  find(words, since=None)  # Find issues.
  get(number)  # One issue by its number.
  count()  # How many there are.
mail:
  find(words, since=None)  # Find issues.
  get(number)  # One issue by its number.
  count()  # How many there are.\
""")


async def test_modules_with_less_room_show_a_line_for_each_function() -> None:
    assert listing(await modules(), budget_chars=220) == snapshot("""\
tracker:
  find  # Find issues.
  get  # One issue by its number.
  count  # How many there are.
mail:
  find  # Find issues.
  get  # One issue by its number.
  count  # How many there are.\
""")


async def test_modules_with_little_room_show_names() -> None:
    assert listing(await modules(), budget_chars=60) == snapshot("""\
tracker: find, get, count
mail: find, get, count\
""")


async def test_modules_with_no_room_show_how_much_there_is() -> None:
    root = FunctionToolset([Tool(get, name=f'get_number_{index}') for index in range(40)], id='digits')
    catalog = await catalog_of_toolset(root, budget_chars=0)
    assert listing(catalog, budget_chars=80) == snapshot(
        'digits (40): get_number_0, get_number_1, get_number_2, get_number_3, ...'
    )


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(200, 5_000))
async def test_a_listing_keeps_to_its_budget(number: int, budget_chars: int) -> None:
    catalog = await catalog_of(*(Tool(get, name=f'get_{index}') for index in range(number)), budget_chars=budget_chars)
    assert len(listing(catalog, budget_chars=budget_chars)) <= budget_chars
