"""Agents that run as DBOS workflows, in processes that die at a given moment and are started again."""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, Literal, cast
from uuid import uuid4

import sqlalchemy as sa
from pydantic import TypeAdapter
from pydantic_ai import (
    Agent,
    ApprovalRequired,
    DeferredToolRequests,
    DeferredToolResults,
    FunctionToolset,
    RunContext,
    Tool,
)
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter
from pydantic_ai.run import AgentRunResult
from support.processes import in_a_process_of_its_own

from pydantic_ai_grail import CodeMode, CodeModeToolset, SqlStore, decide
from pydantic_ai_grail.events import CallStarted, CellStarted, Event, SnapshotSaved
from pydantic_ai_grail.testing.scripted import played_cells, scripted_model
from pydantic_ai_grail.waiting import Decisions

Moment = Literal['before', 'in', 'after its effect']
"""Of a payment."""
Style = Literal['capability', 'toolset', 'wrapped agent']
WORKFLOW: Final = 'workflow-1'
DECIDED: Final = 'workflow-2'
_SECRET: Final = 'a secret that all processes share'
_PAID: Final = sa.Table('paid', sa.MetaData(), sa.Column('bill', sa.Integer))
_REQUESTS: Final = TypeAdapter(DeferredToolRequests)
_CONTEXT: Final = get_context('forkserver')


@dataclass(frozen=True)
class Place:
    """Where everything is: the engine's own state, the cells' and what the tools did."""

    system_url: str
    store_url: str
    books_url: str

    @classmethod
    def in_files(cls, folder: Path) -> Place:
        return cls(*(f'sqlite:///{folder}/{name}.db' for name in ('dbos', 'grail', 'books')))

    @classmethod
    def in_postgresql(cls, server: str) -> Place:
        """New databases on a server; the engine makes its own."""
        name = f'durable_{uuid4().hex}'
        url = sa.make_url(server).set(drivername='postgresql+psycopg')
        with sa.create_engine(url, isolation_level='AUTOCOMMIT').connect() as connection:
            connection.execute(sa.text(f'CREATE DATABASE {name}'))
        system, books = (
            url.set(database=each).render_as_string(hide_password=False) for each in (f'{name}_dbos', name)
        )
        return cls(system, sa.make_url(server).set(database=name).render_as_string(hide_password=False), books)

    def paid(self) -> list[int]:
        """The bills that were paid, as often as they were, in this order."""
        with sa.create_engine(self.books_url).begin() as books:
            _PAID.create(books, checkfirst=True)
            return [*books.scalars(sa.select(_PAID.c.bill))]

    def pay(self, bill: int) -> None:
        with sa.create_engine(self.books_url).begin() as books:
            _PAID.create(books, checkfirst=True)
            books.execute(_PAID.insert().values(bill=bill))


@dataclass(frozen=True, kw_only=True)
class Service:
    """An application: its agent, and how it is made durable."""

    cells: Sequence[str | Sequence[str]]
    style: Style = 'capability'
    tools_are_steps: bool = False
    """Whether the payments are `DBOS.step`s."""
    options: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, kw_only=True)
class Life:
    """One process of it: what it does, and when it dies."""

    decisions: Decisions | None = None
    """Those on which a second workflow goes on, once the first has asked for them."""
    dies: tuple[Moment, int] | None = None
    """At a payment of this bill."""
    dies_resting: bool = False
    dies_after_cell: int | None = None
    dies_before_cell: int | None = None


@dataclass(frozen=True)
class Answer:
    """What a workflow returned."""

    cells: list[Any]
    """What the model read for each cell."""
    history: bytes
    requests: bytes | None
    """What it waits for."""

    @property
    def waiting(self) -> DeferredToolRequests:
        assert self.requests is not None
        return _REQUESTS.validate_json(self.requests)


def lived(place: Place, service: Service, *lives: Life) -> Answer:
    """Live several lives one after the other; what the last one's workflow returned."""
    receiver, sender = _CONTEXT.Pipe(duplex=False)
    for life in lives:
        if life == Life() or (life.decisions is not None and not _dies(life)):
            in_a_process_of_its_own(_live, place, service, life, sender)
        else:
            process = _CONTEXT.Process(target=_live, args=(place, service, life, sender))
            process.start()
            process.join()
            assert process.exitcode == -signal.SIGKILL, process.exitcode
    answer: Any = None
    while receiver.poll():
        answer = receiver.recv()
    return cast(Answer, answer)


def _dies(life: Life) -> bool:
    return (
        life.dies is not None
        or life.dies_resting
        or life.dies_after_cell is not None
        or life.dies_before_cell is not None
    )


def _live(place: Place, service: Service, life: Life, sender: Any) -> None:
    from dbos import DBOS, DBOSConfig, SetWorkflowID

    def started(id: str, work: Callable[..., Any], *args: Any) -> Any:
        """The workflow of this id: recovered, if it began before."""
        if DBOS.get_workflow_status(id) is not None:
            return DBOS.retrieve_workflow(id)
        with SetWorkflowID(id):
            return DBOS.start_workflow(work, *args)

    agent = _agent(place, service, life)

    @DBOS.workflow(name='ask')
    async def ask(prompt: str) -> Answer:
        return _answer(await agent.run(prompt, conversation_id='A', deps=None))

    @DBOS.workflow(name='go_on')
    async def go_on(history: Sequence[ModelMessage], results: DeferredToolResults) -> Answer:
        result = await agent.run(message_history=history, deferred_tool_results=results, conversation_id='A', deps=None)
        return _answer(result)

    DBOS(
        config=DBOSConfig(
            name='desk',
            system_database_url=place.system_url,
            application_version='1',
            log_level='ERROR',
            notification_listener_polling_interval_sec=0.01,
        )
    )
    DBOS.launch()
    answer = started(WORKFLOW, ask, 'go').get_result(polling_interval_sec=0.01)
    if life.decisions is not None:
        history = ModelMessagesTypeAdapter.validate_json(answer.history)
        results = decide(answer.waiting, life.decisions)
        answer = started(DECIDED, go_on, history, results).get_result(polling_interval_sec=0.01)
    sender.send(answer)


def _answer(result: AgentRunResult[Any]) -> Answer:
    waits = isinstance(result.output, DeferredToolRequests)
    return Answer(
        [cell.content for cell in played_cells(result.all_messages())],
        result.all_messages_json(),
        _REQUESTS.dump_json(result.output) if waits else None,
    )


def _agent(place: Place, service: Service, life: Life) -> Agent[None, Any]:
    from dbos import DBOS
    from pydantic_ai.durable_exec.dbos import DBOSAgent, DBOSDurability  # pyright: ignore[reportDeprecated] tested too

    cells = {'started': 0, 'saved': 0}

    def watch(event: Event) -> None:
        if isinstance(event, CallStarted) and life.dies == ('before', event.request.arguments.get('bill')):
            _die()
        if isinstance(event, CellStarted):
            cells['started'] += 1
            if life.dies_before_cell == cells['started']:
                _die()
        if isinstance(event, SnapshotSaved):
            cells['saved'] += 1
            if life.dies_after_cell == cells['saved']:
                _die()

    async def pay(bill: int) -> str:
        """Pay a bill."""
        if life.dies == ('in', bill):
            _die()
        place.pay(bill)
        if life.dies == ('after its effect', bill):
            _die()
        return f'paid {bill}'

    async def rest() -> None:
        """Do nothing. Whatever was done before is written down when it is called."""
        if life.dies_resting:
            _die()

    async def refund(ctx: RunContext[None], bill: int) -> str:
        """Pay a bill back. Somebody has to allow it."""
        if not ctx.tool_call_approved:
            raise ApprovalRequired
        place.pay(-bill)
        return f'paid back {bill}'

    resting = Tool(rest, metadata={'idempotent': True})
    paying = DBOS.step(name='pay')(pay) if service.tools_are_steps else pay
    options: dict[str, Any] = {
        'store': SqlStore(place.store_url),
        'snapshot_secret': _SECRET,
        'observers': [watch],
        **service.options,
    }
    durability = [] if service.style == 'wrapped agent' else [DBOSDurability[None]()]
    common: dict[str, Any] = {'name': 'clerk', 'output_type': [str, DeferredToolRequests]}
    model = scripted_model(*service.cells)
    if service.style == 'toolset':
        toolset = CodeModeToolset(FunctionToolset([paying, refund, resting], id='payments'), **options)
        return Agent(model, toolsets=[toolset], capabilities=durability, **common)
    agent = Agent(model, tools=[paying, refund, resting], capabilities=[CodeMode(**options), *durability], **common)
    if service.style == 'wrapped agent':
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            return cast('Agent[None, Any]', DBOSAgent(agent))  # pyright: ignore[reportDeprecated] tested too
    return agent


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
