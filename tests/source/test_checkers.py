"""Checkers that all conversations share: nothing leaks between them, and the checker knows what the runtime has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from corpus.load import Program, load
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.catalogs import catalog_of
from support.checking import Conversation, Toolbox, corpus_toolbox

from pydantic_ai_grail._catalog.entries import Catalog
from pydantic_ai_grail._catalog.overlay import DECLARATIONS, HELPERS
from pydantic_ai_grail._monty.support import load_support
from pydantic_ai_grail._source.checkers import Checkers, package_of
from pydantic_ai_grail._source.history import ANY

pytestmark = pytest.mark.anyio


@pytest.fixture(scope='module')
def anyio_backend() -> str:
    return 'asyncio'


@pytest.fixture(scope='module')
async def tools() -> Toolbox:
    return await corpus_toolbox()


@pytest.fixture(scope='module')
def checkers() -> Iterator[Checkers]:
    checkers = Checkers(size=1)
    yield checkers
    checkers.close()


@pytest.fixture
async def closing() -> AsyncIterator[Checkers]:
    checkers = Checkers(size=1)
    yield checkers
    await checkers.aclose()


async def empty_catalog() -> Catalog:
    return await catalog_of()


async def unknown_names(checkers: Checkers, names: list[str]) -> list[str]:
    source = '\n'.join(['async def cell():', *(f'    {name}' for name in names)])
    found = await checkers.diagnostics(source, await empty_catalog())
    return [each.message.split('`')[1] for each in found if each.code == 'unresolved-reference']


async def test_the_checker_knows_every_builtin_that_the_runtime_has(checkers: Checkers) -> None:
    assert await unknown_names(checkers, [*sorted(load_support().builtins), *HELPERS, ANY]) == []


async def test_the_checker_knows_no_builtin_that_the_runtime_lacks(checkers: Checkers) -> None:
    assert set(DECLARATIONS) <= load_support().builtins
    assert await unknown_names(checkers, ['callable', 'dir', 'vars', 'input', 'Any', 'Callable', 'datetime']) == [
        'callable', 'dir', 'vars', 'input', 'Any', 'Callable', 'datetime',
    ]  # fmt: skip


async def test_declared_builtins_give_types_that_help(checkers: Checkers) -> None:
    source = 'async def cell():\n    for x in map(str, [1]): x.push()\n    for y in filter(None, [1]): y.push()'
    found = await checkers.diagnostics(source, await empty_catalog())
    assert [each.message for each in found] == [
        'Object of type `str` has no attribute `push`',
        'Object of type `int` has no attribute `push`',
    ]


async def test_a_source_imports_tools_from_the_package_of_its_catalog(closing: Checkers, tools: Toolbox) -> None:
    async def other(number: str) -> list[int]:
        """Another tool."""
        return [len(number)]

    mine = await catalog_of(other)
    for catalog, name in ((mine, 'other'), (tools.catalog, 'get_issue'), (mine, 'other')):
        source = f'async def cell():\n    from {package_of(catalog)} import {name}\n    await {name}(number=[])'
        assert [each.code for each in await closing.diagnostics(source, catalog)] == ['invalid-argument-type']


PROGRAMS = load('valid')


@given(
    picks=st.lists(st.integers(0, len(PROGRAMS) - 1), min_size=2, max_size=4),
    turns=st.lists(st.integers(0, 3), min_size=20, max_size=20),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_conversations_on_one_checker_never_see_each_others_names(
    picks: list[int], turns: list[int], tools: Toolbox, checkers: Checkers
) -> None:
    conversations = [(tools.conversation(checkers=checkers), PROGRAMS[index]) for index in picks]
    places = [0] * len(conversations)
    for turn in turns:
        unfinished = [n for n, (_, program) in enumerate(conversations) if places[n] < len(program.cells)]
        if not unfinished:
            break
        number = unfinished[turn % len(unfinished)]
        conversation, program = conversations[number]
        assert await play_cell(conversation, program, places[number]) == []
        places[number] += 1
        for other, _ in conversations:
            foreign = names_of_others(other, [each for each, _ in conversations])
            for name in foreign[:2]:
                assert await other.refusals(f'print({name})') != []


async def play_cell(conversation: Conversation, program: Program, place: int) -> list[tuple[str, str]]:
    return await conversation.play([program.cells[place]])


def names_of_others(own: Conversation, everyone: list[Conversation]) -> list[str]:
    """Names that live in other conversations, and nowhere in this one."""
    if own.history.bindings.is_open:
        return []
    known = own.history.bound_names() | load_support().builtins | own.tools.catalog.entries.keys()
    foreign = {name for each in everyone for name in each.history.bound_names()} - known
    return sorted(name for name in foreign if name not in load_support().modules)
