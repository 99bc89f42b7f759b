"""Catalogs: names and places of tools, and that an unchanged one costs nothing."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from pydantic_ai import FunctionToolset, Tool
from pydantic_ai.toolsets import AbstractToolset, CombinedToolset
from support.catalogs import catalog_of, catalog_of_toolset, tools_of

from pydantic_ai_grail._catalog import catalog as catalog_module
from pydantic_ai_grail._catalog.arranging import arrange
from pydantic_ai_grail._catalog.catalog import CatalogBuilder, build_catalog
from pydantic_ai_grail._catalog.entries import Catalog
from pydantic_ai_grail._catalog.rendering import signature_text
from pydantic_ai_grail._catalog.signatures import Signature
from pydantic_ai_grail._catalog.stubs import catalog_stubs
from pydantic_ai_grail._catalog.tool_reading import Home, ToolReading

pytestmark = pytest.mark.anyio


class Row(BaseModel):
    id: int


async def find(words: str) -> list[Row]:
    """Find rows."""
    return []


async def save(row: Row) -> None:
    """Save a row."""


def placed(catalog: Catalog) -> dict[str, str]:
    """Tool names by the names that code uses."""
    return {name: entry.facts.tool_name for name, entry in catalog.entries.items()}


async def test_a_small_catalog_is_flat() -> None:
    catalog = await catalog_of(find, save)
    assert placed(catalog) == {'find': 'find', 'save': 'save'}
    assert catalog.modules == {}
    assert [entry.module for entry in catalog.entries.values()] == [None, None]


async def test_beyond_the_budget_each_toolset_is_a_module() -> None:
    root = CombinedToolset(
        [
            FunctionToolset([find, save], id='<agent>'),
            FunctionToolset([find, save]).prefixed('git-hub'),
            FunctionToolset([Tool(find, name='list-all'), Tool(find, name='list_all')], id='email'),
        ]
    )
    catalog = await catalog_of_toolset(root, budget_chars=100)
    assert placed(catalog) == {
        'tools.find': 'find',
        'tools.save': 'save',
        'git_hub.find': 'git-hub_find',
        'git_hub.save': 'git-hub_save',
        'email_.list_all_2': 'list-all',
        'email_.list_all': 'list_all',
    }
    assert catalog.modules == {
        'tools': ('tools.find', 'tools.save'),
        'git_hub': ('git_hub.find', 'git_hub.save'),
        'email_': ('email_.list_all_2', 'email_.list_all'),
    }
    assert (catalog.entries['git_hub.find'].module, catalog.entries['git_hub.find'].name) == ('git_hub', 'find')


async def test_toolsets_of_one_name_share_a_module_and_lose_no_tool() -> None:
    root = CombinedToolset([FunctionToolset([Tool(find, name='y')], id='x'), FunctionToolset([Tool(save, name='y')]).prefixed('x')])  # fmt: skip
    catalog = await catalog_of_toolset(root, budget_chars=0)
    assert placed(catalog) == {'x.y': 'x_y', 'x.y_2': 'y'} or placed(catalog) == {'x.y': 'y', 'x.y_2': 'x_y'}


async def test_tools_of_one_identifier_are_both_reachable_when_flat() -> None:
    catalog = await catalog_of(Tool(find, name='get-row'), Tool(find, name='get.row'), Tool(find, name='get_row'))
    assert placed(catalog) == {'get_row_2': 'get-row', 'get_row_3': 'get.row', 'get_row': 'get_row'}


async def test_reserved_names_are_given_to_no_tool_and_no_module() -> None:
    root = FunctionToolset([Tool(find, name='json'), Tool(find, name='print')], id='math')
    flat = build_catalog(await tools_of(root), root=root, reserved={'json'})
    assert list(flat.entries) == ['json_', 'print_']
    nested = build_catalog(await tools_of(root), root=root, budget_chars=0)
    assert list(nested.entries) == ['math_.json', 'math_.print_']


async def test_a_name_finds_its_entry_in_every_spelling_that_means_one_tool() -> None:
    root = CombinedToolset([FunctionToolset([find]).prefixed('a'), FunctionToolset([find, save]).prefixed('b')])
    catalog = await catalog_of_toolset(root, budget_chars=0)
    found = {name: catalog.find(name) for name in ('b.save', 'b_save', 'save', 'find', 'nothing')}
    assert {name: entry and entry.facts.python_name for name, entry in found.items()} == {
        'b.save': 'b.save',
        'b_save': 'b.save',
        'save': 'b.save',
        'find': None,
        'nothing': None,
    }


async def test_the_fingerprint_is_that_of_the_stubs_and_the_wording_that_of_the_words_too() -> None:
    def described(text: str) -> Tool[Any]:
        return Tool(find, description=text)

    one, same, other = [await catalog_of(tool) for tool in (described('A'), described('A'), described('B'))]
    assert one.fingerprint == same.fingerprint == other.fingerprint
    assert one.wording == same.wording != other.wording
    assert (await catalog_of(save)).fingerprint != one.fingerprint
    assert len(one.fingerprint) == 32


# What is kept


def many(number: int) -> FunctionToolset[Any]:
    return FunctionToolset([Tool(find, name=f'find_{index}', description='x' * 30) for index in range(number)])


async def test_an_unchanged_step_gets_the_same_catalog() -> None:
    root, builder = many(3), CatalogBuilder()
    first = builder.build(await tools_of(root), root=root)
    assert builder.build(await tools_of(root), root=root) is first
    fewer = dict(list((await tools_of(root)).items())[:2])
    second = builder.build(fewer, root=root)
    assert second is not first
    assert list(second.entries) == ['find_0', 'find_1']
    assert builder.build(await tools_of(root), root=root) is first


@pytest.mark.parametrize(
    'change',
    [
        {'description': 'Changed'},
        {'sequential': True},
        {'metadata': {'read_only': True}},
        {'parameters_json_schema': {'type': 'object', 'properties': {}}},
    ],
)
async def test_a_tool_that_changed_is_read_again(change: dict[str, Any]) -> None:
    root, builder = many(2), CatalogBuilder()
    tools = await tools_of(root)
    before = builder.build(tools, root=root)
    tools['find_0'] = replace(tools['find_0'], tool_def=replace(tools['find_0'].tool_def, **change))
    after = builder.build(tools, root=root)
    assert after.entries['find_0'] != before.entries['find_0']
    assert after.entries['find_1'] == before.entries['find_1']


async def test_another_function_of_the_same_name_and_schema_is_read_anew() -> None:
    builder = CatalogBuilder()
    roots = [FunctionToolset([Tool(find, name='get')]), FunctionToolset([Tool(save, name='get')])]
    texts = [
        signature_text(builder.build(await tools_of(root), root=root).entries['get'].signature)
        for root in (*roots, *roots)
    ]
    assert texts == ['(words: str) -> list[Row]', '(id: int) -> None'] * 2


async def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog_module, '_MAX_TOOLS', 3)
    monkeypatch.setattr(catalog_module, '_MAX_CATALOGS', 2)
    builder = CatalogBuilder()
    for number in range(1, 7):
        root = many(number)
        builder.build(await tools_of(root), root=root)
    assert len(builder._readings) == 3  # pyright: ignore[reportPrivateUsage] # what is kept shows nowhere else
    assert len(builder._catalogs) == 2  # pyright: ignore[reportPrivateUsage] # the same
    assert max(map(len, builder._readings.values())) <= 4  # pyright: ignore[reportPrivateUsage] # the same


async def test_two_hundred_unchanged_tools_cost_less_than_two_milliseconds() -> None:
    root, builder = many(200), CatalogBuilder()
    builder.build(await tools_of(root), root=root)
    spent: list[float] = []
    for _ in range(20):
        tools = await tools_of(root)
        start = time.perf_counter()
        builder.build(tools, root=root)
        spent.append(time.perf_counter() - start)
    assert min(spent) < 0.002


# Laws


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(max_size=6), st.text(max_size=6)), unique_by=lambda each: each[0]), st.booleans())
def test_every_tool_is_reachable_under_a_name_of_its_own(tools: list[tuple[str, str]], flat: bool) -> None:
    readings = [
        (
            ToolReading(
                tool_name=name,
                signature=Signature(parameters=(), returns='Any'),
                description='',
                sequential=False,
                read_only=False,
                idempotent=False,
                arguments_as_json=True,
            ),
            Home(home),
        )
        for name, home in tools
    ]
    catalog = arrange(readings, budget_chars=10**6 if flat else -1)
    assert sorted(placed(catalog).values()) == sorted(name for name, _ in tools)
    assert sorted(name for names in catalog.modules.values() for name in names) == (
        [] if flat else sorted(catalog.entries)
    )
    for source in (catalog_stubs(catalog).flat, *catalog_stubs(catalog).modules.values()):
        compile(source, 'stubs', 'exec')


async def test_an_empty_catalog_is_a_catalog() -> None:
    root: AbstractToolset[Any] = FunctionToolset([])
    catalog = await catalog_of_toolset(root)
    assert (dict(catalog.entries), catalog.modules) == ({}, {})
    assert catalog_stubs(catalog).flat == ''
