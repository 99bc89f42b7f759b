"""Tools that give their items one by one: code gets a list of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Generator, Iterator
from typing import Any

import pytest
from pydantic_ai import Agent, ApprovalRequired, DeferredToolRequests, DeferredToolResults, RunContext, Tool, ToolReturn
from support.agents import agent_with, play
from support.catalogs import entry_of
from support.scripts import scripted_model

from pydantic_ai_grail import CodeMode
from pydantic_ai_grail._catalog.rendering import signature_text
from pydantic_ai_grail._monty.values import to_sandbox

pytestmark = [
    pytest.mark.anyio,
    # Pydantic AI makes a schema of each return type, and says of iterators that it cannot.
    pytest.mark.filterwarnings('ignore:Could not generate return schema'),
]


async def async_generator(count: int) -> AsyncGenerator[int, None]:
    for number in range(count):
        await asyncio.sleep(0)
        yield number


async def async_iterator(count: int) -> AsyncIterator[int]:
    return async_generator(count)


async def wrapped(count: int) -> ToolReturn[AsyncIterable[int]]:
    return ToolReturn(async_generator(count))


def generator(count: int) -> Generator[int, None, str]:
    yield from range(count)
    return 'end'


def iterator(count: int) -> Iterator[int]:
    return iter([*range(count)])


class Counting:
    """An iterator that is no generator, without an end."""

    def __iter__(self) -> Counting:
        return self

    def __next__(self) -> int:
        return 1


TOOLS = [async_generator, async_iterator, wrapped, generator, iterator]


@pytest.mark.parametrize('tool', TOOLS)
async def test_items_that_come_one_by_one_are_a_list_in_code_and_in_the_listing(tool: Callable[..., Any]) -> None:
    assert signature_text((await entry_of(tool)).signature) == '(count: int) -> list[int]'
    cells = await play(agent_with(tool), f'sum(await {tool.__name__}(count=4))', f'await {tool.__name__}(3)')
    assert [cell.content for cell in cells] == [{'result': 6}, {'result': [0, 1, 2]}]


async def test_one_without_an_end_is_closed_and_is_an_error_at_the_line_of_its_call() -> None:
    closed: list[str] = []

    async def endless() -> AsyncIterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.append('async')

    def endless_too() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.append('sync')

    def endless_iterator() -> Any:
        return Counting()

    cells = await play(
        agent_with(endless, endless_too, endless_iterator),
        'await endless()',
        'await endless_too()',
        'try:\n    await endless_iterator()\nexcept RuntimeError as e:\n    print(e)',
    )
    told = 'it gave more than 100,000 items, one by one; ask it for fewer'
    assert f'RuntimeError: endless(): {told}' in cells[0].content
    assert f'RuntimeError: endless_too(): {told}' in cells[1].content
    assert cells[2].content['printed'] == [f'endless_iterator(): {told}']
    assert closed == ['async', 'sync']


async def test_what_a_generator_raises_on_the_way_is_raised_by_its_call() -> None:
    async def breaks() -> AsyncIterator[int]:
        yield 1
        raise LookupError('no more')

    cells = await play(
        agent_with(breaks), 'try:\n    await breaks()\nexcept LookupError as e:\n    print(e)', 'await breaks()'
    )
    assert cells[0].content['printed'] == ['no more']
    assert 'breaks() raised LookupError: no more' in cells[1].content


async def pay(ctx: RunContext[Any], euros: int) -> AsyncIterator[str]:
    if not ctx.tool_call_approved:
        raise ApprovalRequired
    yield f'paid {euros}'


def asking() -> Agent[None, Any]:
    return Agent(tools=[Tool(pay)], output_type=[str, DeferredToolRequests], capabilities=[CodeMode()])


async def test_a_generator_that_asks_for_approval_waits_for_it() -> None:
    agent = asking()
    first = await agent.run('go', model=scripted_model('await pay(euros=5)'))
    assert isinstance(first.output, DeferredToolRequests)
    (waiting,) = first.output.approvals
    second = await agent.run(
        model=scripted_model(),
        message_history=first.all_messages(),
        deferred_tool_results=DeferredToolResults(approvals={waiting.tool_call_id: True}),
    )
    assert "{'result': ['paid 5']}" in str(second.all_messages())


def test_an_iterator_inside_of_a_value_is_a_list_too_and_one_without_an_end_a_text() -> None:
    assert to_sandbox({'a': iter([1, 2]), 'b': map(str, [3]), 'c': (n for n in [{4}])}) == {
        'a': [1, 2],
        'b': ['3'],
        'c': [{4}],
    }
    kinds: list[str] = []
    assert 'Counting object' in to_sandbox([Counting()], as_text=kinds)[0]
    assert kinds == ['Counting']
