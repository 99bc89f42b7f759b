"""Code mode as a good citizen of its process: clean exits, nothing left behind, any number of loops, threads and forks."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import psutil
import pytest
from pydantic_ai import Agent
from support.agents import agent_with, last, turn
from support.scripts import scripted_model
from support.small_script import double

from pydantic_ai_grail import CodeMode, SqlStore
from pydantic_ai_grail.testing import played_cells

SCRIPT = Path(__file__).parents[1] / 'support' / 'small_script.py'


@pytest.mark.slow
def test_two_hundred_runs_of_a_small_script_exit_with_status_0() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith('COV')}

    def run(*arguments: str) -> tuple[int, str, str]:
        ended = subprocess.run(
            [sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False, env=environment
        )
        return ended.returncode, ended.stdout, ended.stderr

    assert [run() for _ in range(10)] == [(0, '', '')] * 10
    assert run('190') == (0, 'failed: []\n', '')


@pytest.mark.slow
def test_two_thousand_runs_leave_nothing_behind_and_grow_memory_by_less_than_20_megabytes() -> None:
    agent = agent_with(double)
    process = psutil.Process()

    async def some_runs(count: int) -> None:
        for _ in range(count):
            result = await turn(agent, 'x = await double(21)')
            assert last(result) == {'result': 42}
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(some_runs(200))
    gc.collect()
    memory, files, threads = process.memory_info().rss, process.num_fds(), process.num_threads()
    workers = len(process.children(recursive=True))
    for _ in range(9):
        asyncio.run(some_runs(200))
    gc.collect()
    assert process.num_fds() <= files
    assert process.num_threads() <= threads + 2  # the runtime's own come and go
    assert len(process.children(recursive=True)) <= workers
    assert (process.memory_info().rss - memory) / 2**20 < 20


def test_run_sync_works_again_and_again_and_so_do_new_event_loops(tmp_path: Path) -> None:
    agent = agent_with(double, store=SqlStore(f'sqlite:///{tmp_path / "agent.db"}'))
    history: Any = None
    for step in range(3):
        result = agent.run_sync('go', model=scripted_model(f'x = await double({step})'), message_history=history)
        history = result.all_messages()
        assert last(result) == {'result': 2 * step}

    async def another() -> Any:
        return last(await turn(agent, 'x', history=history))

    assert asyncio.run(another()) == {'result': 4}


def test_several_threads_with_loops_of_their_own_share_the_workers() -> None:
    agent = agent_with(double)
    found: list[Any] = []

    def work(number: int) -> None:
        for _ in range(3):
            found.append(last(asyncio.run(turn(agent, f'await double({number})'))))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(str(item) for item in found) == sorted([str({'result': 2 * number}) for number in range(6)] * 3)


@pytest.mark.anyio
async def test_many_agents_and_runs_at_once() -> None:
    agents = [agent_with(double), agent_with(double, checking='off'), Agent(capabilities=[CodeMode()])]
    results = await asyncio.gather(*(turn(agents[number % 3], f'x = {number}', 'x') for number in range(60)))
    assert [last(result) for result in results] == [{'result': number} for number in range(60)]


@pytest.mark.anyio
async def test_slow_tools_do_not_keep_other_cells_waiting() -> None:
    arrived = 0
    everyone = asyncio.Event()

    async def meet() -> int:
        nonlocal arrived
        arrived += 1
        if arrived == 12:
            everyone.set()
        await asyncio.wait_for(everyone.wait(), 20)
        return arrived

    agent = agent_with(meet)
    results = await asyncio.gather(*(turn(agent, 'await meet()') for _ in range(12)))
    assert [last(result) for result in results] == [{'result': 12}] * 12


@pytest.mark.skipif(not hasattr(os, 'fork'), reason='forks are POSIX')
def test_a_process_forked_from_one_that_ran_cells_is_told_what_to_do() -> None:
    code = (
        'import os, sys\n'
        f'sys.path.insert(0, {str(SCRIPT.parent)!r})\n'
        'from small_script import main\n'
        'main()\n'
        'child = os.fork()\n'
        'if child:\n'
        '    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n'
        'try:\n'
        '    main()\n'
        'except Exception as error:\n'
        '    print(type(error).__name__, "Fork first" in str(error))\n'
        'os._exit(not sys.stdout.flush() is None)\n'
    )
    run = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', code], capture_output=True, text=True, check=False, timeout=60
    )
    assert (run.returncode, run.stdout) == (0, 'SandboxUnavailable True\n')


@pytest.mark.anyio
async def test_streaming_and_stepping_through_a_run_work_as_ever() -> None:
    agent = agent_with(double)
    async with agent.iter('go', model=scripted_model('await double(4)')) as run:
        nodes = [type(node).__name__ async for node in run]
    assert nodes.count('CallToolsNode') == 2
    assert run.result is not None
    assert played_cells(run.result.all_messages())[0].content == {'result': 8}
