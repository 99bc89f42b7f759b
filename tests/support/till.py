"""A till whose application is set up anew between two runs: with other tools, other options, another Monty."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

from pydantic_ai import Agent, DeferredToolRequests, RunContext, Tool
from pydantic_ai.exceptions import ApprovalRequired
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter
from pydantic_ai.run import AgentRunResult
from support.scripts import scripted_model

from pydantic_ai_grail import CodeMode, SqlStore, decide
from pydantic_ai_grail._journal.cell_journal import Journals
from pydantic_ai_grail._state.envelope import code_digest
from pydantic_ai_grail._state.keyring import Keyring
from pydantic_ai_grail._state.repository import SnapshotRepository
from pydantic_ai_grail.approvals import Decisions
from pydantic_ai_grail.events.journal_entries import CellSuspended, Entry
from pydantic_ai_grail.stores import CellKey, ConversationKey
from pydantic_ai_grail.testing import played_cells

SECRET: Final = 'a secret for the tests'
LARGE: Final = 10
"""From this bill on somebody has to allow it."""
_FORMAT_AT: Final = 6
"""Where in a dump of Monty 1.4 its format stands, after `MONTY` and a byte."""

Tools = Literal['pay', 'pay in a currency', 'pay an invoice', 'none']


@dataclass
class Till:
    """What was paid, and the store, outlive the application."""

    folder: Path
    paid: list[int] = field(default_factory=list[int])
    opened: asyncio.Event | None = None
    """Set by whoever lets payments through; `None`: they go through at once."""
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by a payment that waits for that."""

    def agent(self, *cells: str | Sequence[str], tools: Tools = 'pay', **options: Any) -> Agent[None, Any]:
        """The application as it is set up now."""

        async def pay(ctx: RunContext[Any], bill: int) -> str:
            if bill >= LARGE and not ctx.tool_call_approved:
                raise ApprovalRequired
            if self.opened is not None:
                self.reached.set()
                await self.opened.wait()
            self.paid.append(bill)
            return f'paid {bill}'

        async def pay_in_a_currency(ctx: RunContext[Any], bill: int, currency: str) -> str:
            self.paid.append(bill)
            return f'paid {bill} {currency}'

        async def pay_an_invoice(ctx: RunContext[Any], invoice: int) -> str:
            self.paid.append(invoice)
            return f'paid {invoice}'

        async def look() -> str:
            return 'a till'

        functions: dict[Tools, list[Callable[..., Any]]] = {
            'pay': [pay],
            'pay in a currency': [pay_in_a_currency],
            'pay an invoice': [pay_an_invoice],
            'none': [],
        }
        chosen: dict[str, Any] = {'store': self.store, 'secret': SECRET, **options}
        return Agent(
            scripted_model(*cells),
            tools=[Tool(look), *(Tool(each, name='pay') for each in functions[tools])],
            output_type=[str, DeferredToolRequests],
            capabilities=[CodeMode(**chosen)],
        )

    @property
    def store(self) -> SqlStore:
        return SqlStore(f'sqlite:///{self.file}')

    @property
    def file(self) -> Path:
        return self.folder / 'till.db'

    async def waits(self, *cells: str | Sequence[str]) -> AgentRunResult[Any]:
        """A run that ends as one of its cells waits."""
        waiting = await self.agent(*cells).run('go', conversation_id='A')
        assert isinstance(waiting.output, DeferredToolRequests)
        return waiting

    async def goes_on(
        self,
        waiting: AgentRunResult[Any],
        decisions: Decisions = True,
        *,
        history: Sequence[ModelMessage] | None = None,
        **setup: Any,
    ) -> AgentRunResult[Any]:
        """The run after it, with the history as JSON."""
        messages = waiting.all_messages() if history is None else [*history]
        return await self.agent(**setup).run(
            message_history=as_stored(messages), deferred_tool_results=decide(waiting.output, decisions)
        )

    def as_if_another_monty_had_written(self, entries: Sequence[Entry]) -> list[Entry]:
        return [
            replace(each, dump=_of_another_format(each.dump)) if isinstance(each, CellSuspended) else each
            for each in entries
        ]

    async def journal(self, waiting: AgentRunResult[Any]) -> list[Entry]:
        """That of the cell that waits."""
        return [*(await self._journals.peek(self._key(waiting))).entries]

    async def put_journal(self, waiting: AgentRunResult[Any], entries: Sequence[Entry]) -> None:
        """Make these the journal of the cell that waits."""
        self.forget('grail_journals')
        journal = self._journals.new(self._key(waiting))
        await journal.write(*entries)
        await journal.aclose()

    async def state_as_of_monty(self, version: str, *, code: str, cell_id: str) -> None:
        """Make the state after a cell one that this version of Monty wrote."""
        digest = code_digest(code)
        repository = SnapshotRepository(store=self.store, keyring=Keyring(SECRET), monty_version=version)
        record = await self.store.find(cell_id, digest, conversation_id='A')
        assert record is not None
        self.forget('grail_snapshots')
        await repository.save(
            record.data, conversation=ConversationKey('', 'A'), cell_id=cell_id, code_digest=digest, outcome='failed'
        )

    def forget(self, table: str) -> None:
        with closing(sqlite3.connect(self.file)) as connection, connection:
            connection.execute(f'DELETE FROM {table}')

    @property
    def _journals(self) -> Journals:
        return Journals(
            store=self.store,
            keyring=Keyring(SECRET),
            store_timeout_seconds=10,
            writes_calls=True,
            claim_seconds=30,
        )

    def _key(self, waiting: AgentRunResult[Any]) -> CellKey:
        [part] = waiting.output.approvals
        return CellKey('', 'A', part.tool_call_id, code_digest(part.args_as_dict()['code']))


def _of_another_format(dump: bytes) -> bytes:
    return dump[:_FORMAT_AT] + bytes([dump[_FORMAT_AT] + 1]) + dump[_FORMAT_AT + 1 :]


def as_stored(messages: Sequence[ModelMessage]) -> list[ModelMessage]:
    return ModelMessagesTypeAdapter.validate_json(ModelMessagesTypeAdapter.dump_json([*messages]))


def last(result: AgentRunResult[Any]) -> Any:
    """What the model read for the last cell."""
    return played_cells(result.all_messages())[-1].content
