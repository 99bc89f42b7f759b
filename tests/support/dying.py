"""An application whose process dies at a given moment of a cell, and is started again."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import TypeAdapter
from pydantic_ai import Agent, CallToolsNode, DeferredToolRequests, RunContext, Tool
from pydantic_ai.messages import ModelMessagesTypeAdapter
from support.processes import in_a_process_of_its_own

from pydantic_ai_grail import CodeMode, SqlStore, decide
from pydantic_ai_grail.events import CallSettled, CallStarted, Event, SnapshotSaved
from pydantic_ai_grail.testing.scripted import played_cells, scripted_model
from pydantic_ai_grail.waiting import Decisions

Moment = Literal['never', 'before the call', 'in the call', 'after its effect', 'after the call', 'after the cell']
CELL: Final = 'first = await pay(1)\nsecond = await pay(2)\n[first, second]'
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


def _agent(folder: Path, life: Life) -> Agent[None, Any]:
    def watch(event: Event) -> None:
        moments: dict[type, Moment] = {
            CallStarted: 'before the call',
            CallSettled: 'after the call',
            SnapshotSaved: 'after the cell',
        }
        if moments.get(type(event)) == life.dies:
            call = getattr(event, 'request', None) or getattr(getattr(event, 'record', None), 'request', None)
            if call is None or call.ordinal == 2:
                _die()

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
        'store': SqlStore(f'sqlite:///{folder / "agent.db"}'),
        'observers': [watch],
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
    async with agent.iter(None if history else 'go', message_history=history, deferred_tool_results=answers) as run:
        async for node in run:
            if isinstance(node, CallToolsNode) and history is None:
                history_file.write_bytes(run.all_messages_json())
    assert run.result is not None
    if isinstance(run.result.output, DeferredToolRequests):
        requests_file.write_bytes(_REQUESTS.dump_json(run.result.output))
    else:
        history_file.write_bytes(run.result.all_messages_json())
