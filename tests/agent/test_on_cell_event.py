"""Functions of an application that are called with the events of cells: in order, until the last one, and at no cost to a run."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic_ai import Agent
from pydantic_ai.toolsets import FunctionToolset
from support.agents import agent_with, last, play, turn

from pydantic_ai_grail import CodeMode, CodeModeToolset
from pydantic_ai_grail._cell import event_delivery
from pydantic_ai_grail.events.cell_events import CallStarted, CellClosed, CellEnded, CellStarted, Event, SnapshotSaved
from pydantic_ai_grail.testing.scripted import scripted_model

pytestmark = pytest.mark.anyio

ORDINARY = [
    *('CellStarted', 'CellPrepared', 'CellChecked', 'CallStarted', 'CallSettled'),
    *('SnapshotSaved', 'CellEnded', 'CellClosed'),
]


async def double(number: int) -> int:
    return 2 * number


def names(events: list[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def plain(seen: list[Event]) -> Any:
    return seen.append


def asynchronous(seen: list[Event]) -> Any:
    async def handler(event: Event) -> None:
        await asyncio.sleep(0)
        seen.append(event)

    return handler


class Callable:
    """An object with an `async` method, as clients of queues are."""

    def __init__(self, seen: list[Event]) -> None:
        self.seen = seen

    async def __call__(self, event: Event) -> None:
        await asyncio.sleep(0)
        self.seen.append(event)


@pytest.mark.parametrize('made', [plain, asynchronous, Callable])
@pytest.mark.parametrize('in_a_list', [False, True])
async def test_a_handler_has_every_event_in_order_before_the_run_ends(made: Any, in_a_list: bool) -> None:
    seen: list[Event] = []
    handler = made(seen)
    await play(agent_with(double, on_cell_event=[handler] if in_a_list else handler), 'await double(2)')
    assert names(seen) == ORDINARY


async def test_several_handlers_are_called_in_the_order_of_the_list() -> None:
    seen: list[tuple[int, str]] = []

    def handler(number: int) -> Any:
        async def note(event: Event) -> None:
            await asyncio.sleep(0)
            seen.append((number, type(event).__name__))

        return note

    await play(agent_with(double, on_cell_event=[handler(1), handler(2)]), 'await double(2)')
    assert seen == [(number, name) for name in ORDINARY for number in (1, 2)]


async def test_every_event_has_the_ids_of_conversation_and_cell() -> None:
    seen: list[Event] = []
    agent = agent_with(double, on_cell_event=seen.append)
    await turn(agent, 'await double(2)', 'x = list(range(1_000_000))', conversation='desk')
    assert {event.conversation_id for event in seen} == {'desk'}
    assert len({event.cell_id for event in seen}) == 2
    assert isinstance(seen[-1], SnapshotSaved)  # of the state that a worker held until the end of the run


async def test_the_toolset_takes_handlers_too() -> None:
    seen: list[Event] = []
    toolset = CodeModeToolset(FunctionToolset[Any]([double]), on_cell_event=asynchronous(seen))

    await Agent(scripted_model('await double(2)'), toolsets=[toolset]).run('go')
    assert names(seen) == ORDINARY


@pytest.mark.parametrize('kind', ORDINARY)
@pytest.mark.parametrize('is_async', [False, True])
async def test_a_handler_that_raises_ends_nothing_and_is_logged_once(
    kind: str, is_async: bool, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[Event] = []

    def fails(event: Event) -> None:
        if type(event).__name__ == kind:
            raise ValueError('the audit table is full')

    async def fails_later(event: Event) -> None:
        await asyncio.sleep(0)
        fails(event)

    agent = agent_with(double, on_cell_event=[fails_later if is_async else fails, seen.append])
    cells = await play(agent, 'await double(2)', 'await double(3)')
    assert [cell.content for cell in cells] == [{'result': 4}, {'result': 6}]
    assert names(seen) == ORDINARY * 2
    [record] = [record for record in caplog.records if 'on_cell_event' in record.message]
    assert record.levelname == 'ERROR'
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == 'the audit table is full'


class Stop(BaseException):
    """As `KeyboardInterrupt`, which would end the tests."""


@pytest.mark.parametrize('is_async', [False, True])
async def test_what_a_handler_raises_that_is_no_exception_passes(is_async: bool) -> None:
    def stops(event: Event) -> None:
        if isinstance(event, CallStarted):
            raise Stop

    async def stops_later(event: Event) -> None:
        await asyncio.sleep(0)
        stops(event)

    with pytest.raises(Stop):
        await play(agent_with(double, on_cell_event=stops_later if is_async else stops), 'await double(2)')


async def test_cancellation_by_a_handler_passes() -> None:
    def stops(event: Event) -> None:
        if isinstance(event, CellEnded):
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await play(agent_with(double, on_cell_event=stops), 'await double(2)')


async def test_an_async_handler_does_not_hold_up_the_cell() -> None:
    """It waits for something that comes to pass only when the tool is called, later in the cell."""
    called, seen = asyncio.Event(), list[str]()

    async def open_up() -> None:
        called.set()

    async def waits(event: Event) -> None:
        if isinstance(event, CellStarted):
            await called.wait()
        seen.append(type(event).__name__)

    cells = await play(agent_with(open_up, on_cell_event=waits), 'await open_up()')
    assert cells[0].content == {'result': None}
    assert seen == ORDINARY


async def test_an_async_handler_that_never_ends_is_cancelled_and_the_run_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(event_delivery, 'LONGEST_WAIT_SECONDS', 0.05)
    cancelled: list[str] = []

    async def hangs(event: Event) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(type(event).__name__)
            raise

    cells = await play(agent_with(double, on_cell_event=hangs), 'await double(2)')
    await asyncio.sleep(0)
    assert cells[0].content == {'result': 4}
    assert cancelled == ['CellStarted']
    assert 'have not come to an end' in caplog.text


async def test_a_run_that_is_cancelled_still_tells_the_last_event() -> None:
    seen: list[Event] = []
    started = asyncio.Event()

    async def hang() -> None:
        started.set()
        await asyncio.Event().wait()

    running = asyncio.create_task(play(agent_with(hang, on_cell_event=asynchronous(seen)), 'await hang()'))
    await started.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert isinstance(seen[-1], CellClosed)


async def test_a_refused_and_a_failed_cell_tell_all_of_their_events_too() -> None:
    seen: list[Event] = []
    await play(agent_with(double, on_cell_event=asynchronous(seen)), 'no_such_name', '1 / 0')
    assert names(seen).count('CellClosed') == 2
    assert isinstance(seen[-1], CellClosed)


async def test_without_a_handler_nothing_is_made_for_it() -> None:
    before = asyncio.all_tasks()
    assert last(await turn(agent_with(double), 'await double(2)')) == {'result': 4}
    assert asyncio.all_tasks() - before == set()


def test_the_option_is_not_pydantic_ais_hook_of_a_similar_name() -> None:
    assert not CodeMode(on_cell_event=print).has_on_event
