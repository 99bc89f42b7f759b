"""Somebody who can write to the database puts back what it held before: all of it has its right seal."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai import Agent, DeferredToolRequests, DeferredToolResults, RunContext
from pydantic_ai.exceptions import ApprovalRequired
from pydantic_ai.run import AgentRunResult
from sqlalchemy.ext.asyncio import create_async_engine
from support.scripts import scripted_model

from pydantic_ai_grail import Approve, CodeMode, SqlStore, decide
from pydantic_ai_grail._journal.reached import Place, Reached
from pydantic_ai_grail.approvals import ApprovalGrant
from pydantic_ai_grail.errors import JournalTampered, StoreConflict
from pydantic_ai_grail.stores.base import CellKey

pytestmark = pytest.mark.anyio

CELL = 'first = await pay(1)\nsecond = await pay(2)\n[first, second]'
TABLES = ('grail_journals', 'grail_snapshots', 'grail_claims')


class Till:
    """An agent that pays once it may, and what it paid with which keys. Another one with the same file is another process."""

    def __init__(self, folder: Path, *cells: str, store: SqlStore | None = None) -> None:
        self.paid: list[tuple[int, str | None]] = []
        self.file = folder / 'till.db'
        self.dies, self.reached = False, asyncio.Event()

        async def pay(ctx: RunContext[Any], bill: int) -> str:
            if not ctx.tool_call_approved:
                raise ApprovalRequired
            metadata: Any = ctx.tool_call_metadata
            self.paid.append((bill, metadata['code_mode']['idempotency_key']))
            if self.dies:
                self.reached.set()
                await asyncio.Event().wait()
            return f'paid {bill}'

        self.store = store or SqlStore(f'sqlite:///{self.file}')
        self.mode = CodeMode[Any](store=self.store, secret='a secret for the tests')
        self.agent: Agent[None, Any] = Agent(
            scripted_model(*(cells or (CELL,))),
            tools=[pay],
            output_type=[str, DeferredToolRequests],
            capabilities=[self.mode],
        )

    async def go_on(self, waiting: AgentRunResult[Any], answers: DeferredToolResults) -> AgentRunResult[Any]:
        return await self.agent.run(message_history=waiting.all_messages(), deferred_tool_results=answers)

    @property
    def bills(self) -> list[int]:
        return [bill for bill, _ in self.paid]

    def all_rows(self) -> dict[str, list[tuple[Any, ...]]]:
        with closing(sqlite3.connect(self.file)) as connection:
            return {table: connection.execute(f'SELECT * FROM {table}').fetchall() for table in TABLES}

    def put_back(self, rows: dict[str, list[tuple[Any, ...]]]) -> None:
        with closing(sqlite3.connect(self.file)) as connection, connection:
            for table, there in rows.items():
                connection.execute(f'DELETE FROM {table}')
                if there:
                    marks = ', '.join('?' * len(there[0]))
                    connection.executemany(f'INSERT INTO {table} VALUES ({marks})', there)


@pytest.mark.parametrize('cells', [(CELL,), ('await pay(1)',)], ids=['it waits again', 'it came to its end'])
async def test_a_cell_whose_rows_were_all_put_back_to_its_first_wait_pays_no_second_time(
    tmp_path: Path, cells: Sequence[str]
) -> None:
    till = Till(tmp_path, *cells)
    one = await till.agent.run('go')
    before, answers = till.all_rows(), decide(one.output, True)
    await till.go_on(one, answers)
    till.put_back(before)
    with pytest.raises(JournalTampered, match='was set back'):
        await till.go_on(one, answers)
    assert till.bills == [1]


async def test_a_cell_that_died_is_not_set_back_to_before_its_call(tmp_path: Path) -> None:
    till = Till(tmp_path)
    one = await till.agent.run('go')
    before, answers = till.all_rows(), decide(one.output, True)
    till.dies = True
    run = asyncio.create_task(till.go_on(one, answers))
    await till.reached.wait()
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    till.dies = False
    till.put_back(before)
    with pytest.raises(JournalTampered, match='was set back'):
        await till.go_on(one, answers)
    assert till.bills == [1]


async def test_grants_are_not_set_back_together_with_all_that_names_how_far_they_had_come(tmp_path: Path) -> None:
    till = Till(tmp_path, '[await pay(n) for n in range(2)]')
    one = await till.agent.run('go', conversation_id='A')
    done = await till.go_on(one, decide(one.output, Approve(grant=ApprovalGrant(uses=5))))
    before = till.all_rows()
    [grant] = await till.mode.grants('A')
    assert await till.mode.revoke('A', grant.id)
    till.put_back(before)
    again = scripted_model('await pay(9)')
    with pytest.raises(JournalTampered, match="The grants of conversation 'A' were set back"):
        await till.agent.run('more', model=again, message_history=done.all_messages(), conversation_id='A')
    assert till.bills == [0, 1]


async def test_a_process_that_has_not_seen_it_makes_the_call_again_with_the_key_that_it_had(tmp_path: Path) -> None:
    """As the page on security says: a database that was set back as a whole cannot be told from the past."""
    till = Till(tmp_path)
    one = await till.agent.run('go')
    before, answers = till.all_rows(), decide(one.output, True)
    await till.go_on(one, answers)
    till.put_back(before)
    other = Till(tmp_path)
    await other.go_on(one, answers)
    assert till.paid == other.paid
    assert till.paid[0][1] is not None


def test_the_memory_of_a_process_is_bounded_and_only_grows_by_what_it_reads() -> None:
    reached = Reached(most=2)
    keys = [CellKey('', 'A', f'cell {number}', '') for number in range(3)]
    for key in keys:
        reached.wrote(key, Place(3, b'three'))
    assert [reached.of(key) for key in keys] == [None, Place(3, b'three'), Place(3, b'three')]
    reached.saw(keys[2], Place(2, b'two'))
    assert reached.of(keys[2]) == Place(3, b'three')
    reached.saw(keys[2], Place(4, b'four'))
    assert reached.of(keys[2]) == Place(4, b'four')


@pytest.mark.parametrize('how', ['set back', 'claimed for ever', 'not bytes of ours'])
async def test_what_somebody_writes_into_a_postgresql_database_pays_nothing(
    how: str, tmp_path: Path, postgresql_url: str
) -> None:
    till = Till(tmp_path, store=SqlStore(postgresql_url))
    one = await till.agent.run('go')
    answers = decide(one.output, True)
    engine = create_async_engine(postgresql_url.replace('postgresql://', 'postgresql+asyncpg://'))

    async def sql(*statements: str) -> None:
        async with engine.begin() as connection:
            for statement in statements:
                await connection.exec_driver_sql(statement)

    await sql(*(f'CREATE TABLE old_{table} AS TABLE {table}' for table in TABLES))
    try:
        if how == 'set back':
            await till.go_on(one, answers)
            await sql(*(f'TRUNCATE {table}' for table in TABLES))
            await sql(*(f'INSERT INTO {table} SELECT * FROM old_{table}' for table in TABLES))
        elif how == 'claimed for ever':
            key = 'owner, conversation_id, cell_id, code_digest'
            await sql(
                f"INSERT INTO grail_claims ({key}, holder, until) SELECT DISTINCT {key}, 'eve', now() + interval '9 years' "
                'FROM grail_journals'
            )
        else:
            await sql("UPDATE grail_journals SET data = 'text'::bytea WHERE number = 0")
        paid = [*till.bills]
        with pytest.raises((JournalTampered, StoreConflict)):
            await till.go_on(one, answers)
        assert till.bills == paid
    finally:
        await sql(*(f'DROP TABLE old_{table}' for table in TABLES), *(f'TRUNCATE {table}' for table in TABLES))
        await engine.dispose()
        await till.store.aclose()
