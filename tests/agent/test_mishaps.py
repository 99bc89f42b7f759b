"""What goes wrong around a cell ends in a clear outcome, and the agent goes on."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest
from pydantic_ai import Agent, DeferredToolRequests, Tool
from sqlalchemy import create_engine, text
from support.agents import agent_with, last, play, turn
from support.scripts import scripted_model

from pydantic_ai_grail import CodeMode, Limits, MemoryStore, SnapshotError, SqlStore, StoreError
from pydantic_ai_grail.errors import SnapshotMissing
from pydantic_ai_grail.events.cell_events import Event, SnapshotFailed, SnapshotSaved, StateLost
from pydantic_ai_grail.stores.base import BegunCell, SnapshotRecord
from pydantic_ai_grail.testing import played_cells

pytestmark = pytest.mark.anyio


async def kill_the_workers() -> str:
    """End every sandbox of this process, as the out-of-memory killer would."""
    for process in psutil.Process().children(recursive=True):
        if 'monty' in process.name():
            os.kill(process.pid, signal.SIGKILL)
    return 'killed'


async def test_a_killed_worker_ends_its_cell_and_the_next_cell_starts_from_the_state_before() -> None:
    agent = agent_with(kill_the_workers)
    cells = await play(agent, 'x = 1', 'x = 2\nawait kill_the_workers()\nx = 3', 'x')
    assert cells[1].outcome in ('refused', 'failed')
    assert 'The sandbox died while it ran this cell' in cells[1].content
    assert 'kill_the_workers()' in cells[1].content
    assert cells[2].content == {'result': 1}


@pytest.mark.parametrize('call', ['await gives_up()', 'import asyncio\nawait asyncio.gather(gives_up(), works())'])
async def test_a_tool_that_ends_in_a_cancellation_of_its_own_failed(call: str) -> None:
    async def gives_up() -> str:
        raise asyncio.CancelledError

    async def works() -> str:
        return 'done'

    cells = await play(agent_with(gives_up, works), call, '1 + 1')
    assert 'gives_up() raised RuntimeError: gives_up() was cancelled, and not by this run' in cells[0].content
    assert cells[1].content == {'result': 2}


async def test_a_hung_cell_ends_at_its_time_limit_and_the_agent_goes_on() -> None:
    cells = await play(agent_with(limits=Limits(max_duration_secs=0.3)), 'x = 1', 'while True: pass', 'x')
    assert cells[1].outcome in ('refused', 'failed')
    assert 'computed for too long' in cells[1].content
    assert cells[2].content == {'result': 1}


async def test_a_list_of_a_gigabyte_ends_at_the_memory_limit() -> None:
    cells = await play(agent_with(), 'x = [0] * (1024 ** 3 // 8)', '"still here"')
    assert cells[0].outcome in ('refused', 'failed')
    assert 'memory' in cells[0].content
    assert cells[1].content == {'result': 'still here'}


async def test_a_million_prints_cost_no_memory_and_are_told_in_few_words() -> None:
    cells = await play(agent_with(), 'for i in range(1_000_000): print(i)\n"end"')
    content = cells[0].content
    assert content['result'] == 'end'
    assert len(str(content)) < 22_000
    assert 'more characters were printed and dropped' in str(content['notes'])


class BrokenStore(MemoryStore):
    """Fails in a chosen method."""

    def __init__(self, broken: str, *, hangs: bool = False) -> None:
        super().__init__()
        self.broken = broken
        self.hangs = hangs

    async def _break(self, method: str) -> None:
        if method == self.broken:
            if self.hangs:
                await anyio.sleep_forever()
            raise OSError('the disk is on fire')

    async def save(self, record: SnapshotRecord) -> None:
        await self._break('save')
        await super().save(record)

    async def newest(self, conversation_id: str, **options: Any) -> SnapshotRecord | None:
        await self._break('newest')
        return await super().newest(conversation_id, **options)

    async def begun(self, conversation_id: str, **options: Any) -> Sequence[BegunCell]:
        await self._break('begun')
        return await super().begun(conversation_id, **options)

    async def load(self, name: str, *, owner: str = '') -> SnapshotRecord | None:
        await self._break('load')
        return await super().load(name, owner=owner)


@pytest.mark.parametrize('hangs', [False, True])
async def test_a_store_that_cannot_save_costs_later_turns_their_state_and_this_one_nothing(hangs: bool) -> None:
    agent = agent_with(store=BrokenStore('save', hangs=hangs), store_timeout=0.05)
    first = await turn(agent, 'x = 1', 'x + 1')
    assert last(first)['result'] == 2
    assert 'could not be stored' in str(last(first)['notes'])
    second = await turn(agent, 'x', 'y = 1', history=first.all_messages())
    assert 'gone' in str(second.all_messages())
    assert last(second)['result'] == 1


@pytest.mark.parametrize('hangs', [False, True])
@pytest.mark.parametrize('broken', ['newest', 'load'])
async def test_a_store_that_cannot_be_read_starts_the_turn_without_variables(broken: str, hangs: bool) -> None:
    store = BrokenStore('', hangs=hangs)
    agent = agent_with(store=store, store_timeout=0.05, compacts_history=broken == 'newest')
    first = await turn(agent, 'x = 1')
    store.broken = broken
    history = first.all_messages()
    second = await turn(agent, 'y = 2', history=history if broken == 'load' else history[:1])
    assert last(second)['result'] == 2
    assert 'are gone' in str(last(second)['notes'])


async def test_variables_that_are_gone_are_told_once() -> None:
    events: list[Event] = []
    store = BrokenStore('')
    agent = agent_with(store=store, on_cell_event=events.append)
    first = await turn(agent, 'x = 1')
    store.broken = 'load'
    second = await turn(agent, 'no_such_name', 'y = 2', 'y', history=first.all_messages())
    assert ['are gone' in str(cell.content) for cell in played_cells(second.new_messages())] == [True, False, False]
    assert sum(isinstance(event, StateLost) for event in events) == 1


async def test_in_the_first_turn_no_variables_are_gone() -> None:
    cells = await play(agent_with(store=BrokenStore('newest')), 'y = 2')
    assert cells[0].content == {'result': 2}


async def test_without_a_call_a_cell_runs_though_nobody_can_tell_what_was_called_before() -> None:
    async def pay() -> str:
        return 'paid'

    agent = agent_with(pay, store=BrokenStore('begun'), journal_writes='call')
    assert (await play(agent, '1 + 1'))[0].content == {'result': 2}
    with pytest.raises(StoreError, match='the disk is on fire'):
        await play(agent, 'await pay()')


async def test_what_becomes_of_state_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    store = BrokenStore('save')
    agent = agent_with(store=store)
    first = await turn(agent, 'x = 1')
    assert 'could not be kept' in caplog.text
    caplog.clear()
    await turn(agent, 'x = 2', history=first.all_messages())
    assert 'has not the variables of before' in caplog.text


async def test_with_lost_state_error_the_run_ends_in_the_stores_error() -> None:
    store = BrokenStore('')
    agent = agent_with(store=store, on_lost_state='error')
    first = await turn(agent, 'x = 1')
    store.broken = 'load'
    with pytest.raises(StoreError, match='failed to load: OSError: the disk is on fire'):
        await turn(agent, 'x', history=first.all_messages())


async def test_a_forgotten_state_is_told_to_the_model() -> None:
    store = MemoryStore()
    agent = agent_with(store=store)
    first = await turn(agent, 'x = 1', conversation='c')
    await store.forget(conversation_id='c')
    second = await turn(agent, 'x', 'y = 1', history=first.all_messages())
    assert 'they are not stored any more' in str(second.all_messages())
    strict = agent_with(store=store, on_lost_state='error')
    with pytest.raises(SnapshotMissing):
        await turn(strict, 'x', history=first.all_messages())


@pytest.mark.parametrize(
    ('change', 'told'),
    [
        ('update grail_snapshots set data = zeroblob(length(data))', 'damaged'),
        ('update grail_snapshots set data = substr(data, 1, length(data) - 7)', 'damaged'),
        ('update grail_snapshots set data = (select data from grail_snapshots order by sequence limit 1)', 'damaged'),
        ('delete from grail_snapshots', 'not stored any more'),
    ],
)
async def test_a_tampered_truncated_or_foreign_snapshot_is_never_loaded(tmp_path: Path, change: str, told: str) -> None:
    path = tmp_path / 'agent.db'
    async with SqlStore(f'sqlite:///{path}') as store:
        agent = agent_with(store=store)
        await turn(agent, 'x = "other"', conversation='other')
        first = await turn(agent, 'x = 1', conversation='c')
        engine = create_engine(f'sqlite:///{path}')
        with engine.begin() as connection:
            connection.execute(text(change))
        engine.dispose()
        second = await turn(agent, 'y = 1', history=first.all_messages())
        assert told in str(last(second)['notes'])
        strict = Agent(capabilities=[CodeMode(store=store, on_lost_state='error')])
        with pytest.raises(SnapshotError):
            await turn(strict, 'x', history=first.all_messages())


async def test_a_snapshot_sealed_with_a_key_that_is_gone_is_not_loaded_and_one_with_a_rotated_key_is() -> None:
    store = MemoryStore()
    old, new = 'an old secret of some length', 'a new secret of some length'
    first = await turn(agent_with(store=store, secret=old), 'x = 1')
    history = first.all_messages()
    rotated = await turn(agent_with(store=store, secret=[new, old]), 'x', history=history)
    assert last(rotated) == {'result': 1}
    lost = await turn(agent_with(store=store, secret=new), 'y = 1', history=history)
    assert 'could not be opened' in str(last(lost)['notes'])


async def test_a_state_over_the_cap_is_told_and_lives_until_the_run_ends() -> None:
    agent = agent_with(max_snapshot_bytes=10_000)
    first = await turn(agent, 'x = list(range(100_000))', 'len(x)')
    assert last(first)['result'] == 100_000
    second = await turn(agent, 'y = 1', history=first.all_messages())
    assert 'gone' in str(last(second)['notes'])


async def test_a_cell_that_is_too_large_to_wait_is_told_so_and_the_agent_goes_on() -> None:
    async def pay(bill: int) -> str:
        raise AssertionError('nobody has allowed it')

    agent = Agent(
        tools=[Tool(pay, requires_approval=True)],
        output_type=[str, DeferredToolRequests],
        capabilities=[CodeMode(max_snapshot_bytes=100_000)],
    )
    model = scripted_model('x = list(range(200_000))\nawait pay(1)', '1 + 1')
    first, second = played_cells((await agent.run('go', model=model)).all_messages())
    assert 'The cell cannot wait for a decision: its variables take ' in str(first.content)
    assert 'Nobody had decided on these when the cell stopped:\n  pay(bill=1)' in str(first.content)
    assert second.content == {'result': 2}


async def test_a_large_state_is_held_by_its_worker_in_a_run_and_saved_at_its_end() -> None:
    agent = agent_with()
    first = await turn(agent, 'x = list(range(1_000_000))', 'x.append(1)', 'len(x)', 'del_me = 1', 'x[-1]')
    assert last(first) == {'result': 1}
    second = await turn(agent, 'len(x)', 'y = 1 / 0', 'len(x) + 1', history=first.all_messages())
    assert last(second) == {'result': 1_000_002}


async def test_a_held_state_that_is_lost_is_told_and_the_agent_goes_on() -> None:
    agent = agent_with(limits=Limits(max_duration_secs=1))
    cells = await play(agent, 'x = list(range(1_000_000))', 'while True: pass', 'y = 1', 'y + 1')
    assert cells[1].outcome in ('refused', 'failed')
    assert 'gone' in str(cells[2].content['notes'])
    assert cells[3].content == {'result': 2}


async def test_a_held_state_is_saved_before_a_cell_that_may_call_a_tool() -> None:
    agent = agent_with(kill_the_workers)
    cells = await play(agent, 'x = list(range(1_000_000))', 'await kill_the_workers()', 'len(x)')
    assert cells[1].outcome in ('refused', 'failed')
    assert cells[2].content == {'result': 1_000_000}


async def test_a_held_state_that_cannot_be_saved_at_the_end_is_an_event_and_ends_no_run() -> None:
    events: list[Event] = []
    agent = agent_with(store=BrokenStore('save'), on_cell_event=events.append)
    await turn(agent, 'x = list(range(1_000_000))')
    (failed,) = (event for event in events if isinstance(event, SnapshotFailed))
    assert failed.stage == 'store'
    assert 'the disk is on fire' in str(failed.reason)


async def test_a_held_state_that_is_saved_at_the_end_is_an_event_too() -> None:
    events: list[Event] = []
    await turn(agent_with(on_cell_event=events.append), 'x = list(range(1_000_000))')
    assert isinstance(events[-1], SnapshotSaved)


async def test_deep_recursion_is_an_error_that_code_may_catch() -> None:
    cells = await play(
        agent_with(), 'def f(n): return f(n + 1)\ntry:\n    f(0)\nexcept RecursionError:\n    caught = True\ncaught'
    )
    assert cells[0].content == {'result': True}
