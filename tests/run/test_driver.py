"""The loop around a running program: overlap, barriers, sleeps, cancellation."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import anyio
import psutil
import pytest
from pydantic_ai import UsageLimits
from pydantic_ai.exceptions import UsageLimitExceeded
from pydantic_ai.tool_manager import ToolManager
from pydantic_ai.toolsets import FunctionToolset
from support.driving import driven, pipeline

from pydantic_ai_grail._monty.lent_worker import lend_worker
from pydantic_ai_grail._monty.stops import DoneStop, FailedStop
from pydantic_ai_grail._monty.worker import HostAccess
from pydantic_ai_grail._run.driver import drive
from pydantic_ai_grail._run.prints import PrintCapture
from pydantic_ai_grail.events.cell_events import Event
from pydantic_ai_grail.limits import Limits

pytestmark = pytest.mark.anyio


class Overlap:
    """Tools that note how many of them run at once."""

    def __init__(self) -> None:
        self.running = 0
        self.most = 0
        self.order: list[str] = []

    async def visit(self, name: str) -> str:
        """Stay until every other visitor had a chance to come."""
        self.running += 1
        self.most = max(self.most, self.running)
        self.order.append(f'+{name}')
        await anyio.sleep(0.05)
        self.running -= 1
        self.order.append(f'-{name}')
        return name

    def toolset(self, *, sequential: tuple[str, ...] = ()) -> FunctionToolset[None]:
        toolset = FunctionToolset[None]()
        for name in ('a', 'b', 'c'):
            toolset.add_function(self._named(name), name=name, sequential=name in sequential)
        return toolset

    def _named(self, name: str) -> Callable[[], Awaitable[str]]:
        async def tool() -> str:
            return await self.visit(name)

        return tool


async def test_calls_in_a_gather_overlap_and_results_keep_their_order() -> None:
    overlap = Overlap()
    run = await driven('import asyncio\nawait asyncio.gather(a(), b(), c())', toolset=overlap.toolset())
    assert run.value == ['a', 'b', 'c']
    assert overlap.most == 3


async def test_a_call_that_is_awaited_at_once_runs_alone() -> None:
    overlap = Overlap()
    run = await driven('[await a(), await b(), await c()]', toolset=overlap.toolset())
    assert run.value == ['a', 'b', 'c']
    assert overlap.most == 1


async def test_a_sequential_tool_waits_for_the_calls_under_way_and_runs_alone() -> None:
    overlap = Overlap()
    code = """
import asyncio
async def first():
    return await a()
async def second():
    await asyncio.sleep(0)
    return b()
await asyncio.gather(first(), second())
"""
    run = await driven(code, toolset=overlap.toolset(sequential=('b',)))
    assert run.value == ['a', 'b']
    assert overlap.order == ['+a', '-a', '+b', '-b']


async def test_a_call_that_is_never_awaited_never_runs() -> None:
    overlap = Overlap()
    run = await driven('promise = a()\nb()\n1', toolset=overlap.toolset())
    assert run.value == 1
    assert overlap.order == []
    assert run.calls == ()


async def test_a_promise_of_an_earlier_cell_cannot_be_awaited_and_says_so() -> None:
    events: list[Event] = []
    calls = await pipeline(toolset=Overlap().toolset(), events=events)
    host = HostAccess()
    async with lend_worker(Limits.DEFAULT, host=host, functions={}) as worker:
        first = await drive(
            worker, 'kept = a()\nx = 1', calls=calls, prints=PrintCapture(9), host=host, limits=Limits()
        )
        assert isinstance(first, DoneStop)
        second = await drive(worker, 'await kept', calls=calls, prints=PrintCapture(9), host=host, limits=Limits())
        assert isinstance(second, FailedStop)
        assert second.failure.message == (
            'this awaits a tool call of an earlier cell, which is over; what came back for that cell says whether the '
            'call was made. If it was not, make it here'
        )
        third = await drive(worker, 'x', calls=calls, prints=PrintCapture(9), host=host, limits=Limits())
        assert third == DoneStop(value=1)


async def test_in_pydantic_ais_sequential_mode_calls_run_one_at_a_time() -> None:
    overlap = Overlap()
    with ToolManager.parallel_execution_mode('sequential'):
        run = await driven('import asyncio\nawait asyncio.gather(a(), b(), c())', toolset=overlap.toolset())
    assert run.value == ['a', 'b', 'c']
    assert overlap.order == ['+a', '-a', '+b', '-b', '+c', '-c']


async def bad() -> str:
    raise KeyError('no such thing')


async def slow() -> str:
    await anyio.sleep(0.05)
    return 'it is done'


GATHER = 'import asyncio\nawait asyncio.gather(slow(), bad())'


@pytest.mark.parametrize(
    ('code', 'error'),
    [
        (GATHER, 'KeyError: no such thing'),
        (f'{GATHER.replace("await", "try:    await")}\nexcept KeyError:\n    pass\n1 / 0', 'ZeroDivisionError: '),
        (f'{GATHER.replace("await", "try:    await")}\nexcept KeyError:\n    pass\n"through"', ''),
    ],
    ids=['the cell fails', 'it fails later', 'it does not fail'],
)
async def test_calls_under_way_when_the_program_ends_come_to_their_end(code: str, error: str) -> None:
    run = await driven(code, bad, slow)
    assert run.error.startswith(error) if error else run.value == 'through'
    assert [(record.state, record.result) for record in run.calls] == [('returned', 'it is done'), ('raised', None)]


async def test_calls_under_way_come_to_their_end_when_another_one_ends_the_run() -> None:
    ended: list[str] = []

    async def slow() -> str:
        await anyio.sleep(0.05)
        ended.append('slow')
        return 'it is done'

    async def spend() -> None:
        raise UsageLimitExceeded('enough')

    with pytest.raises(UsageLimitExceeded, match='enough'):
        await driven('import asyncio\nawait asyncio.gather(slow(), spend())', slow, spend)
    assert ended == ['slow']


async def test_ending_what_changes_nothing_ends_no_call_that_does() -> None:
    toolset = FunctionToolset[None]()
    toolset.add_function(slow)
    toolset.add_function(bad)

    async def look() -> int:
        return 1

    toolset.add_function(look, metadata={'read_only': True})
    run = await driven(f'await look()\n{GATHER}', toolset=toolset)
    assert [(record.state, record.result) for record in run.calls] == [
        ('returned', 1),
        ('returned', 'it is done'),
        ('raised', None),
    ]


async def test_what_changes_nothing_is_ended_with_the_program() -> None:
    ended: list[str] = []

    async def endless() -> str:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append('endless')
        return 'never'

    toolset = FunctionToolset[None]()
    toolset.add_function(endless, metadata={'read_only': True})
    toolset.add_function(bad)
    with anyio.fail_after(15):
        run = await driven('import asyncio\nawait asyncio.gather(endless(), asyncio.sleep(25), bad())', toolset=toolset)
    assert run.error == 'KeyError: no such thing'
    assert ended == ['endless']
    assert {record.request.tool.tool_name: record.state for record in run.calls} == {
        'endless': 'cancelled',
        'bad': 'raised',
    }


async def test_code_can_catch_what_a_call_raises_and_go_on() -> None:
    async def bad() -> str:
        raise ValueError('not today')

    run = await driven('try:\n    await bad()\nexcept ValueError as error:\n    x = str(error)\nx', bad)
    assert run.value == 'not today'


async def test_sleeps_overlap_with_calls_and_with_each_other() -> None:
    started = time.perf_counter()
    run = await driven('import asyncio\nawait asyncio.gather(*[asyncio.sleep(0.2, i) for i in range(100)])')
    assert isinstance(run.value, list)
    assert time.perf_counter() - started < 100 * 0.2 / 2


async def test_sleeping_longer_than_allowed_ends_the_cell() -> None:
    run = await driven('import time\nfor _ in range(100): time.sleep(1)', limits=Limits(max_sleep_secs=0.5))
    assert run.error == 'TimeoutError: a cell may sleep 0.5 s in total'


async def test_a_program_that_hangs_is_stopped_by_its_time_limit() -> None:
    run = await driven('while True: pass', limits=Limits(max_duration_secs=0.2))
    assert run.error.startswith('TimeoutError: ') or 'time limit exceeded' in run.error


async def test_prints_are_kept_up_to_the_limit_and_counted_beyond_it() -> None:
    run = await driven('for i in range(1000): print(i)\n"end"', limits=Limits(max_print_chars=10))
    assert run.value == 'end'
    assert run.printed.text == '0\n1\n2\n3\n4\n'
    assert run.printed.dropped_chars == len(''.join(f'{i}\n' for i in range(1000))) - 10


async def test_a_usage_limit_ends_the_run_and_no_code_can_catch_it() -> None:
    made: list[int] = []

    async def spend(amount: int) -> int:
        made.append(amount)
        return amount

    code = 'for i in range(9):\n    try:\n        await spend(i)\n    except BaseException:\n        pass'
    with pytest.raises(UsageLimitExceeded, match='tool_calls_limit'):
        await driven(code, spend, usage_limits=UsageLimits(tool_calls_limit=4))
    assert made == [0, 1, 2]


async def test_a_gather_cannot_slip_past_a_usage_limit() -> None:
    made: list[int] = []

    async def spend(amount: int) -> int:
        made.append(amount)
        await anyio.sleep(0.01)
        return amount

    code = 'import asyncio\nawait asyncio.gather(*[spend(i) for i in range(9)])'
    with pytest.raises(UsageLimitExceeded):
        await driven(code, spend, usage_limits=UsageLimits(tool_calls_limit=4))
    assert len(made) <= 3


async def test_cancelling_a_cell_leaves_no_task_and_no_busy_worker() -> None:
    reached = anyio.Event()

    async def endless() -> str:
        reached.set()
        await anyio.sleep_forever()
        return 'never'

    before = asyncio.all_tasks()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(driven, 'await endless()', endless)
        await reached.wait()
        tasks.cancel_scope.cancel()
    assert asyncio.all_tasks() == before
    assert (await driven('1 + 1')).value == 2


async def test_cancelling_computing_code_frees_its_worker() -> None:
    workers = {process.pid for process in psutil.Process().children()}
    with anyio.move_on_after(0.3):
        await driven('while True: pass', limits=Limits(max_duration_secs=60))
    assert (await driven('1 + 1')).value == 2
    await anyio.sleep(0.1)
    busy = [
        process
        for process in psutil.Process().children()
        if process.pid in workers and process.status() == psutil.STATUS_RUNNING and process.cpu_percent(0.2) > 50
    ]
    assert busy == []
