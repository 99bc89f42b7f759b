"""An application whose process dies at a given moment of a cell, and is started again."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import TypeAdapter
from pydantic_ai import Agent, CallToolsNode, DeferredToolRequests, RunContext, Tool
from pydantic_ai.messages import ModelMessagesTypeAdapter
from support.processes import in_a_process_of_its_own
from support.scripts import scripted_model

from pydantic_ai_grail import CodeMode, SqlStore, decide
from pydantic_ai_grail.approvals import Decisions
from pydantic_ai_grail.events.cell_events import CallSettled, CallStarted, Event, SnapshotSaved
from pydantic_ai_grail.stores import Claim, JournalRecord
from pydantic_ai_grail.testing import played_cells

Moment = Literal['never', 'before the call', 'in the call', 'after its effect', 'after the call', 'after the cell']
CELL: Final = """\
import asyncio
first = await pay(1)
await asyncio.sleep(0.01)
second = await pay(2)
await asyncio.sleep(0.01)
[first, second]"""
"""It pauses, so that the end of a call is stored before the next one begins."""
_FIRST_ENDED: Final = 2
"""The number of that entry: after the beginnings of the cell and of the call."""
_SECOND_ENDED: Final = 4
_REQUESTS: Final = TypeAdapter(DeferredToolRequests)
_CONTEXT: Final = get_context('forkserver')


@dataclass(frozen=True, kw_only=True)
class Life:
    """One process: when it dies, and what it is given."""

    dies: Moment = 'never'
    """In its second payment."""
    decisions: Decisions | None = None
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    """Of the tool."""
    saves_messages: bool = True
    """As soon as there are some; otherwise when the run has ended."""
    pays_in: str = 'euros'
    """Another currency is another parameter."""


@dataclass(frozen=True)
class Outcome:
    """What became of it in the end."""

    content: Any
    """What the model read for the cell; `None` while it waits."""
    paid: list[int]


def lived(folder: Path, *lives: Life) -> Outcome:
    """Live several lives, one after the other."""
    for life in lives:
        if life.dies == 'never':
            in_a_process_of_its_own(_live, folder, life)
        else:
            process = _CONTEXT.Process(target=_live, args=(folder, life))
            process.start()
            process.join()
            assert process.exitcode == -signal.SIGKILL, process.exitcode
    messages = ModelMessagesTypeAdapter.validate_json((folder / 'history.json').read_bytes())
    cells = played_cells(messages)
    paid = folder / 'paid'
    return Outcome(
        content=cells[-1].content if cells else None,
        paid=[int(line) for line in paid.read_text().split()] if paid.exists() else [],
    )


def _live(folder: Path, life: Life) -> None:
    asyncio.run(_run(folder, life))


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _wait_for_first_payment(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        while connection.execute('SELECT max(number) FROM grail_journals').fetchone()[0] < _FIRST_ENDED:
            time.sleep(0.001)


class DyingStore(SqlStore):
    """Dies once the end of the second payment is stored."""

    async def append(
        self, records: Sequence[JournalRecord], *, claim: Claim, now: datetime, release: bool = False
    ) -> None:
        await super().append(records, claim=claim, now=now, release=release)
        if _SECOND_ENDED in [record.number for record in records]:
            _die()


def _agent(folder: Path, life: Life) -> Agent[None, Any]:
    file = folder / 'agent.db'
    writes_calls = life.options.get('journal_writes') != 'cell'

    def watch(event: Event) -> None:
        match event:
            case CallStarted(request=call) if life.dies == 'before the call' and call.ordinal == 2:
                _wait_for_first_payment(file)
                _die()
            case CallSettled(record=record) if life.dies == 'after the call' and record.request.ordinal == 2:
                if not writes_calls:
                    _die()
            case SnapshotSaved() if life.dies == 'after the cell':
                _die()
            case _:
                pass

    def effect(bill: int) -> str:
        if bill == 2 and life.dies == 'in the call':
            _die()
        with (folder / 'paid').open('a') as file:
            file.write(f'{bill}\n')
        if bill == 2 and life.dies == 'after its effect':
            _die()
        return f'paid {bill}'

    async def pay(ctx: RunContext[Any], bill: int) -> str:
        return effect(bill)

    async def pay_in_dollars(ctx: RunContext[Any], bill: int, rate: float) -> str:
        return effect(bill)

    function: Any = pay if life.pays_in == 'euros' else pay_in_dollars
    options: dict[str, Any] = {
        'store': (DyingStore if life.dies == 'after the call' and writes_calls else SqlStore)(f'sqlite:///{file}'),
        'on_cell_event': watch,
        **life.options,
    }
    return Agent(
        scripted_model(CELL),
        tools=[Tool(function, name='pay', metadata=life.metadata)],
        output_type=[str, DeferredToolRequests],
        capabilities=[CodeMode(**options)],
    )


async def _run(folder: Path, life: Life) -> None:
    agent, history_file, requests_file = _agent(folder, life), folder / 'history.json', folder / 'requests.json'
    history = ModelMessagesTypeAdapter.validate_json(history_file.read_bytes()) if history_file.exists() else None
    answers = None
    if life.decisions is not None:
        answers = decide(_REQUESTS.validate_json(requests_file.read_bytes()), life.decisions)
    async with agent.iter(
        None if history else 'go', message_history=history, deferred_tool_results=answers, conversation_id='A'
    ) as run:
        async for node in run:
            if isinstance(node, CallToolsNode) and history is None and life.saves_messages:
                history_file.write_bytes(run.all_messages_json())
    assert run.result is not None
    if isinstance(run.result.output, DeferredToolRequests):
        requests_file.write_bytes(_REQUESTS.dump_json(run.result.output))
    if not isinstance(run.result.output, DeferredToolRequests) or not life.saves_messages:
        history_file.write_bytes(run.result.all_messages_json())
