"""A decision counts once, for the call it was made for; of two who go on at once, one does."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from dirty_equals import IsStr
from pydantic import BaseModel
from pydantic_ai import Agent, DeferredToolRequests, DeferredToolResults, RunContext
from pydantic_ai.exceptions import ApprovalRequired, CallDeferred
from pydantic_ai.run import AgentRunResult
from support.scripts import scripted_model

from pydantic_ai_grail import CodeMode, Deny, MemoryStore, SqlStore, decide, waiting_calls
from pydantic_ai_grail.approvals import ProvideResult
from pydantic_ai_grail.errors import (
    DecisionError,
    DecisionUsed,
    JournalMismatch,
    JournalTampered,
    StoreConflict,
    StoreError,
)
from pydantic_ai_grail.stores import Claim, JournalRecord
from pydantic_ai_grail.testing import played_cells

pytestmark = pytest.mark.anyio

CELL = 'first = await pay(1)\nsecond = await pay(2)\n[first, second]'


class Till:
    """An agent that pays once it may, and what it paid."""

    def __init__(self, folder: Path, *, cells: tuple[str, ...] = (CELL,)) -> None:
        self.paid: list[int] = []
        self.file = folder / 'till.db'
        self.store = SqlStore(f'sqlite:///{self.file}')

        async def pay(ctx: RunContext[Any], bill: int) -> str:
            if not ctx.tool_call_approved:
                raise ApprovalRequired
            await asyncio.sleep(0.05)
            self.paid.append(bill)
            return f'paid {bill}'

        self.agent: Agent[None, Any] = Agent(
            scripted_model(*cells),
            tools=[pay],
            output_type=[str, DeferredToolRequests],
            capabilities=[CodeMode(store=self.store)],
        )

    async def go_on(
        self, waiting: AgentRunResult[Any], answers: DeferredToolResults, conversation: str | None = None
    ) -> AgentRunResult[Any]:
        return await self.agent.run(
            message_history=waiting.all_messages(), deferred_tool_results=answers, conversation_id=conversation
        )


def last(result: AgentRunResult[Any]) -> Any:
    return played_cells(result.all_messages())[-1].content


async def test_the_same_decision_again_gives_the_same_answer_and_pays_once(tmp_path: Path) -> None:
    till = Till(tmp_path)
    one = await till.agent.run('go')
    two = await till.go_on(one, decide(one.output, True))
    answers = decide(two.output, True)
    first, again = await till.go_on(two, answers), await till.go_on(two, answers)
    assert last(first) == last(again) == {'result': ['paid 1', 'paid 2']}
    assert till.paid == [1, 2]


async def test_a_decision_for_an_earlier_wait_is_refused(tmp_path: Path) -> None:
    till = Till(tmp_path)
    one = await till.agent.run('go')
    answers = decide(one.output, True)
    two = await till.go_on(one, answers)
    assert isinstance(two.output, DeferredToolRequests)
    with pytest.raises(DecisionUsed, match='for another wait of cell'):
        await till.go_on(two, answers)
    assert till.paid == [1]


async def test_another_decision_than_the_one_that_was_taken_is_refused(tmp_path: Path) -> None:
    till = Till(tmp_path, cells=('await pay(1)',))
    one = await till.agent.run('go')
    await till.go_on(one, decide(one.output, Deny('no')))
    with pytest.raises(DecisionUsed, match='was resumed with other decisions'):
        await till.go_on(one, decide(one.output, True))
    assert till.paid == []


class FailsAt(MemoryStore):
    """Cannot write the entry of this number, once."""

    number: int | None = None

    async def append(
        self, records: Sequence[JournalRecord], *, claim: Claim, now: datetime, release: bool = False
    ) -> None:
        if self.number in [record.number for record in records]:
            self.number = None
            raise ConnectionError('the server is gone')
        await super().append(records, claim=claim, now=now, release=release)


async def test_a_decision_is_not_for_a_question_that_was_asked_after_it() -> None:
    asked: list[bool] = []

    async def sign(ctx: RunContext[Any], page: int) -> None:
        asked.append(ctx.tool_call_approved)
        raise ApprovalRequired

    store = FailsAt()
    agent: Agent[None, Any] = Agent(
        scripted_model('await sign(1)'),
        tools=[sign],
        output_type=[str, DeferredToolRequests],
        capabilities=[CodeMode(store=store, journal_writes='call')],
    )
    waiting = await agent.run('go')
    assert isinstance(waiting.output, DeferredToolRequests)
    again: dict[str, Any] = {
        'message_history': waiting.all_messages(),
        'deferred_tool_results': decide(waiting.output, True),
    }
    store.number = 7  # where it stands, at the second question
    with pytest.raises(StoreError):
        await agent.run(**again)
    assert isinstance((await agent.run(**again)).output, DeferredToolRequests)
    assert asked == [False, True]


async def test_a_decision_that_was_made_looking_at_other_arguments_is_refused(tmp_path: Path) -> None:
    till = Till(tmp_path)
    one = await till.agent.run('go')
    answers = decide(one.output, True)
    [cell] = answers.metadata.values()
    [decision] = cell['code_mode']['decisions'].values()
    decision['digest'] = '0' * 32
    with pytest.raises(DecisionError, match='with other arguments in view'):
        await till.go_on(one, answers)
    assert till.paid == []


async def test_a_decision_for_a_call_that_does_not_wait_is_refused(tmp_path: Path) -> None:
    till = Till(tmp_path)
    one = await till.agent.run('go')
    with pytest.raises(DecisionError, match=r"No call 'x' waits. Those that do: .*__1"):
        decide(one.output, {'x': True})
    answers = decide(one.output, True)
    [cell] = answers.metadata.values()
    cell['code_mode']['decisions'] = {'x': next(iter(cell['code_mode']['decisions'].values()))}
    with pytest.raises(DecisionError, match=r"Call 'x' of cell .* waits for no decision"):
        await till.go_on(one, answers)
    assert till.paid == []


async def test_of_two_who_go_on_at_once_one_does_and_the_other_is_told(tmp_path: Path) -> None:
    till = Till(tmp_path, cells=('await pay(1)',))
    one = await till.agent.run('go')
    answers = decide(one.output, True)
    both = await asyncio.gather(till.go_on(one, answers), till.go_on(one, answers), return_exceptions=True)
    conflicts = [each for each in both if isinstance(each, StoreConflict)]
    assert [str(each) for each in conflicts] == [IsStr(regex=r'(?s)Cell .* is being run by process .*')]
    assert till.paid == [1]


async def test_a_fork_goes_on_with_a_copy_of_its_own(tmp_path: Path) -> None:
    till = Till(tmp_path)
    one = await till.agent.run('go')
    two = await till.go_on(one, decide(one.output, True))
    fork = await till.go_on(two, decide(two.output, Deny('not here')), 'the fork')
    trunk = await till.go_on(two, decide(two.output, True))
    assert 'PermissionError: not here' in last(fork)
    assert last(trunk) == {'result': ['paid 1', 'paid 2']}
    assert till.paid == [1, 2]


@pytest.mark.usefixtures('process_has_just_started')
async def test_a_journal_that_was_set_back_behind_the_end_of_its_cell_is_refused(tmp_path: Path) -> None:
    till = Till(tmp_path, cells=('await pay(1)',))
    one = await till.agent.run('go')
    answers = decide(one.output, True)
    before = rows(till.file)
    await till.go_on(one, answers)
    with closing(sqlite3.connect(till.file)) as connection, connection:
        connection.execute('DELETE FROM grail_journals WHERE number >= ?', [before])
    with pytest.raises(JournalMismatch, match='the journal was set back'):
        await till.go_on(one, answers)
    assert till.paid == [1]


async def test_a_cell_whose_journal_is_gone_is_not_run_again(tmp_path: Path) -> None:
    till = Till(tmp_path)
    one = await till.agent.run('go')
    with closing(sqlite3.connect(till.file)) as connection, connection:
        connection.execute('DELETE FROM grail_journals')
    with pytest.raises(JournalMismatch, match='has no journal of it'):
        await till.go_on(one, decide(one.output, True))
    assert till.paid == []


async def test_a_journal_that_was_changed_is_refused(tmp_path: Path) -> None:
    till = Till(tmp_path)
    one = await till.agent.run('go')
    with closing(sqlite3.connect(till.file)) as connection, connection:
        [[data]] = connection.execute('SELECT data FROM grail_journals WHERE number = 1').fetchall()
        connection.execute('UPDATE grail_journals SET data = ? WHERE number = 1', [data[:-1] + bytes([data[-1] ^ 1])])
    with pytest.raises(JournalTampered, match='does not fit its seal'):
        await till.go_on(one, decide(one.output, True))
    assert till.paid == []


async def test_an_edited_history_does_not_lead_to_the_cell(tmp_path: Path) -> None:
    till = Till(tmp_path, cells=('x = 1', 'x = 2', 'await pay(x)'))
    one = await till.agent.run('go')
    assert [call.args for call in waiting_calls(one.output)] == [{'bill': 2}]
    history = one.all_messages()
    edited = [*history[:3], *history[5:]]  # without the cell that set x to 2
    with pytest.raises(JournalMismatch, match='the history was edited'):
        await till.agent.run(message_history=edited, deferred_tool_results=decide(one.output, True))
    assert till.paid == []


async def test_a_cell_whose_code_was_edited_is_another_cell(tmp_path: Path) -> None:
    till = Till(tmp_path, cells=('await pay(1)',))
    one = await till.agent.run('go')
    history = one.all_messages()
    [call] = history[1].parts
    history[1] = replace(history[1], parts=[replace(call, args={'code': 'await pay(1_000_000)'})])  # pyright: ignore[reportArgumentType, reportCallIssue]  # of whatever kind the message is
    with pytest.raises(JournalMismatch, match='has no journal of it'):
        await till.agent.run(message_history=history, deferred_tool_results=decide(one.output, True))
    assert till.paid == []


def rows(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return int(connection.execute('SELECT count(*) FROM grail_journals').fetchone()[0])


class Receipt(BaseModel):
    bill: int
    paid: Decimal


async def test_a_result_may_be_any_value_that_pydantic_knows(tmp_path: Path) -> None:
    async def fax(number: str) -> Receipt:
        raise CallDeferred

    agent: Agent[None, Any] = Agent(
        scripted_model('(await fax("1"))["paid"]'),
        tools=[fax],
        output_type=[str, DeferredToolRequests],
        capabilities=[CodeMode(store=SqlStore(f'sqlite:///{tmp_path}/agent.db'))],
    )
    waiting = await agent.run('go')
    assert isinstance(waiting.output, DeferredToolRequests)
    answers = decide(waiting.output, ProvideResult(Receipt(bill=1, paid=Decimal('2.50'))))
    done = await agent.run(message_history=waiting.all_messages(), deferred_tool_results=answers)
    assert last(done) == {'result': '2.50'}
