"""Whatever somebody does to a journal who can write to the database, no call comes of it; put back, the cell goes on."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from pydantic_ai import Agent, DeferredToolRequests, RunContext
from pydantic_ai.exceptions import ApprovalRequired
from pydantic_ai.run import AgentRunResult
from support.scripts import scripted_model

from pydantic_ai_grail import CodeMode, SqlStore, decide
from pydantic_ai_grail.errors import JournalKeyUnknown, JournalTampered
from pydantic_ai_grail.testing import played_cells

pytestmark = pytest.mark.anyio

Rows: TypeAlias = list[tuple[str, str, str, int, str, Any]]
"""Conversation, cell, digest, number, time, data."""


COLUMNS = 'conversation_id, cell_id, code_digest, number, written_at, data'


class Till:
    """An agent that pays once it may, and what it paid."""

    def __init__(self, folder: Path, *, secret: str = 'a secret for the tests') -> None:
        self.paid: list[int] = []
        self.is_stuck, self.reached = False, asyncio.Event()
        self.file = folder / 'till.db'

        async def pay(ctx: RunContext[Any], bill: int) -> str:
            if not ctx.tool_call_approved:
                raise ApprovalRequired
            if self.is_stuck:
                self.reached.set()
                await asyncio.sleep(60)
            self.paid.append(bill)
            return f'paid {bill}'

        self.agent: Agent[None, Any] = Agent(
            scripted_model('first = await pay(1)\nsecond = await pay(2)\n[first, second]'),
            tools=[pay],
            output_type=[str, DeferredToolRequests],
            capabilities=[CodeMode(store=SqlStore(f'sqlite:///{self.file}'), secret=secret)],
        )

    async def waits_again(self) -> AgentRunResult[Any]:
        """The first payment was made, the second one waits."""
        one = await self.agent.run('go')
        return await self.go_on(one)

    async def go_on(self, waiting: AgentRunResult[Any]) -> AgentRunResult[Any]:
        answers = decide(waiting.output, True)
        return await self.agent.run(message_history=waiting.all_messages(), deferred_tool_results=answers)

    def rows(self, conversation: str | None) -> Rows:
        with closing(sqlite3.connect(self.file)) as connection:
            query = f'SELECT {COLUMNS} FROM grail_journals WHERE conversation_id = ? ORDER BY number'
            return connection.execute(query, [conversation]).fetchall()

    def put(self, conversation: str | None, rows: Rows) -> None:
        """Make these the rows of a conversation, numbered as they come."""
        with closing(sqlite3.connect(self.file)) as connection, connection:
            connection.execute('DELETE FROM grail_journals WHERE conversation_id = ?', [conversation])
            connection.executemany(f"INSERT INTO grail_journals (owner, {COLUMNS}) VALUES ('', ?, ?, ?, ?, ?, ?)", rows)

    def claims(self) -> int:
        with closing(sqlite3.connect(self.file)) as connection:
            return connection.execute('SELECT count(*) FROM grail_claims').fetchone()[0]


def numbered(rows: Rows) -> Rows:
    return [(*row[:3], number, *row[4:]) for number, row in enumerate(rows)]


def cut(rows: Rows) -> Rows:
    *start, data = rows[3]
    return [*rows[:3], (*start, data[: len(data) // 2]), *rows[4:]]  # pyright: ignore[reportReturnType]  # a row is a row


TAMPERED: dict[str, Callable[[Rows, Rows], Rows]] = {
    'the decision is left out': lambda own, other: numbered([*own[:4], *own[5:]]),
    'the payment is left out': lambda own, other: numbered([*own[:5], *own[7:]]),
    'a hole': lambda own, other: [*own[:5], *own[7:]],
    'two are swapped': lambda own, other: numbered([*own[:6], own[7], own[6], *own[8:]]),
    'one is there twice': lambda own, other: numbered([*own[:6], own[5], *own[6:]]),
    'one is cut short': lambda own, other: cut(own),
    'one is text': lambda own, other: [*own[:3], (*own[3][:5], 'text'), *own[4:]],
    'one is a number': lambda own, other: [*own[:3], (*own[3][:5], 5), *own[4:]],
    'one is empty': lambda own, other: [*own[:3], (*own[3][:5], b''), *own[4:]],
    'one is of another conversation': lambda own, other: [*own[:9], (*own[9][:5], other[9][5])],
    'all are of another conversation': lambda own, other: [
        (*row[:5], theirs[5]) for row, theirs in zip(own, other, strict=True)
    ],
    'the suspension is an earlier one': lambda own, other: [*own[:9], (*own[9][:5], own[3][5])],
}


@pytest.mark.parametrize('how', TAMPERED)
async def test_when_somebody_wrote_to_the_database(how: str, tmp_path: Path) -> None:
    till = Till(tmp_path)
    waiting, elsewhere = await till.waits_again(), await till.waits_again()
    own = waiting.all_messages()[-1].conversation_id
    original = till.rows(own)
    assert len(original) == 10
    till.put(own, TAMPERED[how](original, till.rows(elsewhere.all_messages()[-1].conversation_id)))
    with pytest.raises(JournalTampered):
        await till.go_on(waiting)
    assert till.paid == [1, 1]
    assert till.claims() == 0
    till.put(own, original)
    done = await till.go_on(waiting)
    assert played_cells(done.all_messages())[-1].content == {'result': ['paid 1', 'paid 2']}
    assert till.paid == [1, 1, 2]


async def test_a_journal_that_somebody_sealed_with_a_secret_of_his_own_is_refused(tmp_path: Path) -> None:
    waiting = await Till(tmp_path, secret='a secret of somebody else').waits_again()
    till = Till(tmp_path)
    with pytest.raises(JournalKeyUnknown, match='which is not among those configured'):
        await till.go_on(waiting)
    assert till.paid == []
    assert till.claims() == 0


async def test_a_run_that_is_cancelled_while_it_goes_on_leaves_no_claim_and_no_task(tmp_path: Path) -> None:
    till = Till(tmp_path)
    waiting = await till.waits_again()
    before = asyncio.all_tasks()
    till.is_stuck = True
    task = asyncio.create_task(till.go_on(waiting))
    await till.reached.wait()
    assert till.claims() == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert till.claims() == 0
    assert {each for each in asyncio.all_tasks() if not each.done()} <= before
    assert till.paid == [1]
