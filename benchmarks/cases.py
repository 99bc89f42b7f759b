"""What is measured. A case prepares one contender and gives back what the stopwatch then runs, again and again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import anyio
from pydantic_ai import AgentRunResult

from .contenders import FLOOR, ONE_FEED, OURS, PEER, PEER_WITH_STORE, PLAIN, Contender, in_sqlite
from .script import FIFTY_CALLS, FIRST_TURN, FIVE_CELLS, GATHER, LOOP, ONE_CALL, SECOND_TURN, Step
from .tools import tools

Runs: TypeAlias = Callable[[], Awaitable[Sequence[AgentRunResult[str]]]]
"""What is timed. The results are looked at afterwards, so that no failure is taken for speed."""
AT_ONCE = 100


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    title: str
    prepare: Callable[[Contender], Awaitable[Runs]]
    contenders: tuple[Contender, ...] = (PLAIN, FLOOR, ONE_FEED, PEER, OURS)
    fewer_rounds: int = 1
    """Divides the number of rounds, for a case that is long by itself."""


def a_run(steps: Sequence[Step], *, number_of_tools: int = 10) -> Callable[[Contender], Awaitable[Runs]]:
    """One run of one agent, a new conversation each time."""

    async def prepare(contender: Contender) -> Runs:
        agent = contender.agent(tools(number_of_tools), steps)

        async def run() -> Sequence[AgentRunResult[str]]:
            return [await agent.run('Go.')]

        return run

    return prepare


async def many_runs(contender: Contender) -> Runs:
    """A hundred conversations with one agent, all at the same time."""
    agent = contender.agent(tools(10), ONE_CALL)

    async def run() -> Sequence[AgentRunResult[str]]:
        results: list[AgentRunResult[str]] = []

        async def one() -> None:
            results.append(await agent.run('Go.'))

        async with anyio.create_task_group() as group:
            for _ in range(AT_ONCE):
                group.start_soon(one)
        return results

    return run


async def later_turn(contender: Contender) -> Runs:
    """The second turn of a conversation, whose code reads a variable of the first. The plain agent calls again."""
    agent = contender.agent(tools(10), FIRST_TURN, SECOND_TURN)
    first = await agent.run('Go.')

    async def run() -> Sequence[AgentRunResult[str]]:
        return [await agent.run('Go on.', message_history=first.all_messages(), conversation_id=first.conversation_id)]

    return run


ONE_CELL = 'one cell, one call'
FIVE = 'five cells, one call each'
IN_A_LOOP = f'{len(FIFTY_CALLS)} calls in a loop'
IN_A_GATHER = f'{len(FIFTY_CALLS)} calls in a gather'
MANY_TOOLS = '200 tools, one call'
MANY_RUNS = f'{AT_ONCE} runs at once'
ONE_CELL_IN_SQLITE = 'one cell, one call, SQLite'
LATER_TURN = 'a later turn'
LATER_TURN_IN_SQLITE = 'a later turn, SQLite'


def cases(folder: Path) -> list[Case]:
    """All of them. Databases go into `folder`."""
    with_files = (PLAIN, *in_sqlite(folder))
    return [
        Case(ONE_CELL, a_run(ONE_CALL)),
        Case(FIVE, a_run(FIVE_CELLS)),
        Case(IN_A_LOOP, a_run(LOOP)),
        Case(IN_A_GATHER, a_run(GATHER)),
        Case(MANY_TOOLS, a_run(ONE_CALL, number_of_tools=200)),
        Case(MANY_RUNS, many_runs, fewer_rounds=6),
        Case(ONE_CELL_IN_SQLITE, a_run(ONE_CALL), with_files),
        Case(LATER_TURN, later_turn, (PLAIN, FLOOR, PEER_WITH_STORE, OURS)),
        Case(LATER_TURN_IN_SQLITE, later_turn, with_files),
    ]
