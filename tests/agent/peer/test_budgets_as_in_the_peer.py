"""Limits of a cell: what it did before one stopped it is told, in few words, and the session goes on."""

from __future__ import annotations

from typing import Any

import pytest
from inline_snapshot import snapshot
from pydantic_ai import Agent, BinaryContent, Tool
from pydantic_ai.capabilities import HandleDeferredToolCalls
from pydantic_ai.exceptions import ApprovalRequired
from pydantic_ai.tools import DeferredToolRequests, DeferredToolResults, RunContext, ToolApproved, ToolDenied
from support.agents import agent_with, last, play, turn
from support.scripts import scripted_model

from pydantic_ai_grail import CodeMode, SettingsError

pytestmark = pytest.mark.anyio

LOOP = 'total = 0\nfor n in range(100_000_000): total += n'


def add(a: int, b: int) -> int:
    return a + b


def picky(value: int) -> int:
    if value == 1:
        raise ValueError('half of it was written')
    return value


def slow_to_say_so() -> str:
    raise ValueError('time limit exceeded: 999s > 1s')


def full_to_say_so() -> str:
    raise ValueError('memory limit exceeded: 9 bytes > 1 bytes')


def bulky(value: int) -> str:
    return 'x' * 50_000


def shapes(tag: str, rows: list[int], options: dict[str, int]) -> dict[str, Any]:
    picture = BinaryContent(data=b'\x89PNG' * 20_000, media_type='image/png')
    return {'text': 'z' * 50_000, 'raw': b'\xff' * 50_000, 'picture': picture, 'nested': {'a': 1}, 'count': 7}


def many() -> dict[str, int]:
    return {str(n): n for n in range(10_000)}


async def test_a_loop_that_runs_out_of_calls_is_told_which_were_made() -> None:
    cell = 'out = []\nfor n in range(10):\n    out.append(await add(a=n, b=0))\nout'
    assert last(await turn(agent_with(add, max_tool_calls=3), cell)) == snapshot("""\
RuntimeError: this cell has made its 3 tool calls; make fewer, or continue in the next cell
line 3: out.append(await add(a=n, b=0))
                         ^^^^^^^^^^^^^
Calls that were made and are not undone:
  add(a=0, b=0) -> 0
  add(a=1, b=0) -> 1
  add(a=2, b=0) -> 2
The same calls, made first and in the same order, return this without being run again. Otherwise use what they returned; make none again that changes anything.
What the cell assigned before it stopped is kept: `out`. Continue from there.\
""")


async def test_a_call_that_raised_is_told_beside_those_that_returned() -> None:
    cell = 'out = []\nfor n in range(10):\n    try:\n        out.append(await picky(n))\n    except ValueError:\n        pass'
    told = last(await turn(agent_with(picky, max_tool_calls=3), cell))
    assert '  picky(value=0) -> 0\n  picky(value=2) -> 2\n' in told
    assert 'Calls that failed:\n  picky(value=1): ValueError: half of it was written\n' in told


async def test_a_call_that_was_denied_is_no_call_that_was_made() -> None:
    def wire(amount: int) -> str:
        raise ApprovalRequired

    async def deny(ctx: RunContext[Any], asked: DeferredToolRequests) -> DeferredToolResults:
        return DeferredToolResults(approvals={call.tool_call_id: ToolDenied('no') for call in asked.approvals})

    agent = Agent(tools=[wire], capabilities=[CodeMode(max_tool_calls=1), HandleDeferredToolCalls(handler=deny)])
    cell = 'try:\n    await wire(1)\nexcept Exception:\n    pass\nawait wire(2)'
    told = last(await turn(agent, cell))
    assert 'Calls that failed:\n  wire(amount=1): PermissionError: no' in told
    assert 'Calls that were made' not in told


@pytest.mark.parametrize('cell', ['await wire(1)', '[await wire(1), await wire(2)]', 'await gather(wire(1), wire(2))'])
async def test_a_tool_that_never_stops_asking_fails_its_cell(cell: str) -> None:
    asked_again = 0

    def wire(amount: int) -> str:
        nonlocal asked_again
        asked_again += 1
        raise ApprovalRequired

    async def approve(ctx: RunContext[Any], asked: DeferredToolRequests) -> DeferredToolResults:
        return DeferredToolResults(approvals={call.tool_call_id: ToolApproved() for call in asked.approvals})

    agent = Agent(tools=[wire], capabilities=[CodeMode(), HandleDeferredToolCalls(handler=approve)])
    result = await agent.run('go', model=scripted_model(cell.replace('gather', 'asyncio.gather')))
    assert 'wire() was approved 5 times and asks again; it cannot be called here' in last(result)
    assert asked_again <= 30
    assert result.usage.requests <= 10


async def test_a_tool_that_needs_three_signatures_gets_them() -> None:
    asked = 0

    def wire(amount: int) -> str:
        nonlocal asked
        asked += 1
        if asked < 7:  # the handler's answers are tried at once, and so is each approval of the cell
            raise ApprovalRequired
        return 'wired'

    async def approve(ctx: RunContext[Any], asked: DeferredToolRequests) -> DeferredToolResults:
        return DeferredToolResults(approvals={call.tool_call_id: ToolApproved() for call in asked.approvals})

    agent = Agent(tools=[wire], capabilities=[CodeMode(), HandleDeferredToolCalls(handler=approve)])
    assert last(await agent.run('go', model=scripted_model('await wire(1)'))) == {'result': 'wired'}


async def test_very_many_large_results_are_told_in_few_words() -> None:
    cell = 'out = []\nfor n in range(40):\n    out.append(await bulky(value=n))\nout'
    told = last(await turn(agent_with(bulky, max_tool_calls=30), cell))
    assert len(told) < 2_000
    assert '  bulky(value=4) -> ' in told
    assert '\n  … `bulky` ×22 …\n' in told
    assert '  bulky(value=29) -> ' in told


async def test_results_of_every_shape_are_cut_where_they_are_told() -> None:
    cell = 'a = await shapes(tag="t", rows=[1, 2], options={"k": 1})\nb = await many()\nc = await many()'
    told = last(await turn(agent_with(shapes, many, max_tool_calls=2), cell))
    assert len(told) < 1_500
    assert "shapes(tag='t', rows=[1, 2], options={'k': 1}) -> {'text': 'zzz" in told
    assert "'raw': '<50,000 bytes>'" in told
    assert "'9,984 more ke" in told


@pytest.mark.parametrize(
    ('limits', 'cell', 'why'),
    [
        ({'max_duration_secs': 0.3}, LOOP, 'The cell computed for too long'),
        ({'max_memory': 16 * 1024 * 1024}, 'x = [0] * 50_000_000', 'The cell needed more memory than it may have'),
        ({'max_suspensions': 2}, 'for n in range(5): await add(a=n, b=0)', 'suspension limit'),
        ({'max_sleep_secs': 0.01}, 'import asyncio\nawait asyncio.sleep(5)', 'sleep'),
    ],
    ids=['time', 'memory', 'suspensions', 'sleep'],
)
async def test_a_limit_tells_the_calls_that_were_made_and_the_session_goes_on(limits: Any, cell: str, why: str) -> None:
    agent = agent_with(add, limits=limits)
    cells = await play(agent, 'kept = 1', f'r = await add(a=1, b=2)\n{cell}', 'kept + 1')
    assert cells[1].outcome in ('refused', 'failed')
    assert why in cells[1].content
    assert 'add(a=1, b=2) -> 3\n' in cells[1].content
    assert 'restart' not in cells[1].content
    assert cells[2].content == {'result': 2}


@pytest.mark.parametrize('tool', [slow_to_say_so, full_to_say_so])
async def test_a_tool_that_speaks_of_a_limit_is_not_taken_for_one(tool: Any) -> None:
    cells = await play(agent_with(tool), 'kept = 42', f'await {tool.__name__}()', 'kept')
    assert cells[1].content.startswith(f'{tool.__name__}() raised ValueError: ')
    assert 'The cell' not in cells[1].content
    assert cells[2].content == {'result': 42}


async def test_a_tool_that_runs_alone_has_the_same_budget() -> None:
    cell = 'done = []\nfor n in range(6):\n    try:\n        done.append(add(a=n, b=0))\n    except RuntimeError:\n        break\ndone'
    agent = agent_with(Tool(add, sequential=True), max_tool_calls=2)  # pyright: ignore[reportArgumentType]  # tools are taken too
    assert last(await turn(agent, cell)) == {'result': [0, 1]}


@pytest.mark.parametrize('limit', [0, -1])
def test_a_limit_of_suspensions_that_cannot_be_right_is_refused(limit: int) -> None:
    with pytest.raises(SettingsError, match='max_suspensions'):
        CodeMode(limits={'max_suspensions': limit})
