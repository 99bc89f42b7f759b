"""Agents that run as DBOS workflows, in processes that die at a given moment and are started again."""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, Literal, cast
from uuid import uuid4

import sqlalchemy as sa
from pydantic import TypeAdapter
from pydantic_ai import (
    Agent,
    AgentStreamEvent,
    ApprovalRequired,
    CustomEvent,
    DeferredToolRequests,
    DeferredToolResults,
    FunctionToolset,
    RunContext,
    Tool,
)
from pydantic_ai.messages import (
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelResponse,
    TextPart,
    ToolCallPart,
    UserPromptPart,
)
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel
from pydantic_ai.run import AgentRunResult
from support.processes import in_a_process_of_its_own
from support.scripts import scripted_model

from pydantic_ai_grail import CodeMode, CodeModeToolset, SqlStore, decide
from pydantic_ai_grail.approvals import Decisions
from pydantic_ai_grail.events.cell_events import CallStarted, CellStarted, Event, SnapshotSaved
from pydantic_ai_grail.stores.tables import claims
from pydantic_ai_grail.testing import played_cells

Style = Literal['capability', 'toolset', 'wrapped agent']
_SECRET: Final = 'a secret that all processes share'
_PAID: Final = sa.Table('paid', sa.MetaData(), sa.Column('bill', sa.Integer))
_REQUESTS: Final = TypeAdapter(DeferredToolRequests)
_CONTEXT: Final = get_context('forkserver')
_POLL_SECONDS: Final = 0.01


@dataclass(frozen=True)
class Place:
    """Where everything is: the engine's own state, the cells' and what the tools did."""

    system_url: str
    store_url: str
    books_url: str

    @classmethod
    def in_files(cls, folder: Path) -> Place:
        return cls(*(f'sqlite:///{folder}/{name}.db' for name in ('dbos', 'grail', 'books')))

    def with_engine_of(self, other: Place) -> Place:
        return replace(self, system_url=other.system_url)

    @classmethod
    def in_postgresql(cls, server: str) -> Place:
        """A new database on a server, for all of it."""
        name = f'durable_{uuid4().hex}'
        url = sa.make_url(server)
        engine = sa.create_engine(url.set(drivername='postgresql+psycopg'), isolation_level='AUTOCOMMIT')
        with engine.connect() as connection:
            connection.execute(sa.text(f'CREATE DATABASE {name}'))
        engine.dispose()
        store = url.set(database=name)
        places = (store.set(drivername='postgresql+psycopg'), store, store.set(drivername='postgresql+psycopg'))
        return cls(*(place.render_as_string(hide_password=False) for place in places))

    def pay(self, bill: int) -> None:
        self._in_books(lambda books: books.execute(_PAID.insert().values(bill=bill)))

    def paid(self) -> list[int]:
        """The bills that were paid, as often as they were, in this order."""
        return self._in_books(lambda books: [*books.scalars(sa.select(_PAID.c.bill))])

    def _in_books(self, work: Callable[[sa.Connection], Any]) -> Any:
        engine = sa.create_engine(self.books_url)
        with engine.begin() as books:
            _PAID.create(books, checkfirst=True)
            done = work(books)
        engine.dispose()
        return done

    def claim_from_elsewhere(self, seconds: float) -> None:
        """As if the cells that are claimed were claimed by a process of another machine."""
        engine = sa.create_engine(self.store_url)
        with engine.begin() as store:
            until = datetime.now(UTC) + timedelta(seconds=seconds)
            store.execute(claims.update().values(holder='another machine/1:1/1', until=until))
        engine.dispose()


@dataclass(frozen=True, kw_only=True)
class Service:
    """An application: what its agent does, and how it is made durable."""

    cells: Sequence[str]
    style: Style = 'capability'
    tools_are_steps: bool = False
    """Whether the payments are `DBOS.step`s."""
    listens: bool = False
    """Whether it notes how long the texts are that its tools tell."""
    options: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, kw_only=True)
class Life:
    """One process of it: what it does, and when it dies."""

    dies_before: int | None = None
    """Before it pays this bill."""
    dies_after: int | None = None
    """When it has paid this bill, and nobody knows of it yet."""
    dies_resting: bool = False
    """In a tool that does nothing. What was done before is known."""
    dies_before_cell: int | None = None
    dies_after_cell: int | None = None
    decisions: Decisions | None = None
    """With which a second workflow goes on, once the first has asked for them."""
    turn: Sequence[str] = ()
    """Cells of another turn, which a second workflow takes."""

    @property
    def dies(self) -> bool:
        moments = (self.dies_before, self.dies_after, self.dies_before_cell, self.dies_after_cell)
        return self.dies_resting or any(moment is not None for moment in moments)


@dataclass(kw_only=True)
class Told(CustomEvent):
    """What a tool tells whoever listens."""

    text: str


@dataclass(frozen=True)
class Answer:
    """What a workflow returned."""

    cells: list[Any]
    """What the model read for each cell."""
    history: bytes
    requests: bytes | None
    """What it waits for, if it does."""
    prompts: list[str]
    tool_calls: int
    """As Pydantic AI has counted them."""

    @property
    def waits_for(self) -> DeferredToolRequests:
        assert self.requests is not None
        return _REQUESTS.validate_json(self.requests)


def lived(place: Place, service: Service, *lives: Life) -> Answer:
    """Live several lives one after the other; what the last workflow of the last one returned."""
    receiver, sender = _CONTEXT.Pipe(duplex=False)
    for life in lives:
        if life.dies:
            process = _CONTEXT.Process(target=_live, args=(place, service, life, sender))
            process.start()
            process.join()
            assert process.exitcode == -signal.SIGKILL, process.exitcode
        else:
            in_a_process_of_its_own(_live, place, service, life, sender)
    answer: Any = None
    while receiver.poll():
        answer = receiver.recv()
    return cast(Answer, answer)


def _live(place: Place, service: Service, life: Life, sender: Connection) -> None:
    from dbos import DBOS, DBOSConfig, SetWorkflowID

    agent = _agent(place, service, life)

    @DBOS.workflow(name='ask')
    async def ask() -> Answer:
        return _answer(await agent.run('go', conversation_id='A'))

    @DBOS.workflow(name='go_on')
    async def go_on(history: bytes, decided: DeferredToolResults | None) -> Answer:
        messages = ModelMessagesTypeAdapter.validate_json(history)
        prompt = None if decided else 'go on'
        return _answer(
            await agent.run(prompt, message_history=messages, deferred_tool_results=decided, conversation_id='A')
        )

    def outcome(id: str, work: Callable[..., Any], *args: Any) -> Answer:
        """Of the workflow of this id, which began now or before."""
        with SetWorkflowID(id):
            handle: Any = DBOS.start_workflow(work, *args)
        return handle.get_result(polling_interval_sec=_POLL_SECONDS)

    DBOS(
        config=DBOSConfig(
            name='desk', system_database_url=place.system_url, application_version='1', log_level='CRITICAL'
        )
    )
    DBOS.launch()
    answer = outcome('workflow-1', ask)
    if life.decisions is not None:
        answer = outcome('workflow-2', go_on, answer.history, decide(answer.waits_for, life.decisions))
    if life.turn:
        answer = outcome('workflow-2', go_on, answer.history, None)
    sender.send(answer)


def _answer(result: AgentRunResult[Any]) -> Answer:
    waits, messages = isinstance(result.output, DeferredToolRequests), result.all_messages()
    return Answer(
        [cell.content for cell in played_cells(messages)],
        result.all_messages_json(),
        _REQUESTS.dump_json(result.output) if waits else None,
        [str(part.content) for each in messages for part in each.parts if isinstance(part, UserPromptPart)],
        result.usage.tool_calls,
    )


def _agent(place: Place, service: Service, life: Life) -> Agent[None, Any]:
    from dbos import DBOS
    from pydantic_ai.durable_exec.dbos import DBOSAgent, DBOSDurability  # pyright: ignore[reportDeprecated] tested too

    cells = {CellStarted: 0, SnapshotSaved: 0}

    def watch(event: Event) -> None:
        if isinstance(event, CellStarted | SnapshotSaved):
            cells[type(event)] += 1
        before = isinstance(event, CellStarted) and life.dies_before_cell == cells[CellStarted]
        after = isinstance(event, SnapshotSaved) and life.dies_after_cell == cells[SnapshotSaved]
        bill = event.request.args.get('bill') if isinstance(event, CallStarted) else None
        if before or after or (bill is not None and bill == life.dies_before):
            _die()

    async def pay(bill: int) -> str:
        """Pay a bill."""
        place.pay(bill)
        if life.dies_after == bill:
            _die()
        return f'paid {bill}'

    async def refund(ctx: RunContext[None], bill: int) -> str:
        """Pay a bill back. Somebody has to allow it."""
        if not ctx.tool_call_approved:
            raise ApprovalRequired
        place.pay(-bill)
        return f'refunded {bill}'

    async def rest() -> None:
        """Do nothing. What was done before is written down when it is called."""
        if life.dies_resting:
            _die()

    async def tell(ctx: RunContext[None], text: str) -> None:
        """Tell the model and whoever listens something beside what the cell gives."""
        ctx.enqueue(text)
        await ctx.emit(Told(text=text))

    async def listen(ctx: RunContext[None], events: AsyncIterable[AgentStreamEvent]) -> None:
        async for event in events:
            if isinstance(event, Told):
                place.pay(len(event.text))

    steps = [DBOS.step(name='pay')(pay) if service.tools_are_steps else pay]
    tools: list[Any] = [*steps, refund, Tool(rest, metadata={'idempotent': True}), tell]
    options: dict[str, Any] = {
        'store': SqlStore(place.store_url),
        'secret': _SECRET,
        'on_cell_event': watch,
        **service.options,
    }
    durability = (
        []
        if service.style == 'wrapped agent'
        else [DBOSDurability[None](event_stream_handler=listen if service.listens else None)]
    )
    model = _streaming(scripted_model(*(life.turn or service.cells)))
    common: dict[str, Any] = {'name': 'clerk', 'output_type': [str, DeferredToolRequests]}
    if service.style == 'toolset':
        toolset = CodeModeToolset(FunctionToolset[None](tools, id='desk'), **options)
        return Agent(model, toolsets=[toolset], capabilities=durability, **common)
    agent: Agent[None, Any] = Agent(model, tools=tools, capabilities=[CodeMode(**options), *durability], **common)
    if service.style == 'wrapped agent':
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            return cast('Agent[None, Any]', DBOSAgent(agent))  # pyright: ignore[reportDeprecated] tested too
    return agent


def _streaming(model: FunctionModel) -> FunctionModel:
    """The same model, for those who listen too."""

    function: Any = model.function

    async def stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncGenerator[str | DeltaToolCalls]:
        response: ModelResponse = function(messages, info)
        for number, part in enumerate(response.parts):
            if isinstance(part, ToolCallPart):
                yield {
                    number: DeltaToolCall(
                        name=part.tool_name, json_args=part.args_as_json_str(), tool_call_id=part.tool_call_id
                    )
                }
            else:
                assert isinstance(part, TextPart)
                yield part.content

    return FunctionModel(function, stream_function=stream)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
