"""Who is compared: an agent without code mode, the floor, the peer, and us; but for the first also with a SQLite file."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from pydantic_ai import Agent, RunContext, Tool
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai_harness import CodeMode as PeerCodeMode

from pydantic_ai_grail import CodeMode, SqlStore

from .floor import Floor, drive_as_one_feed
from .floor_stores import InSqlite
from .script import Clock, Step, Write, scripted


@dataclass
class PeerStore:
    """The store that the peer asks its users to write, at its simplest."""

    states: dict[str | None, bytes | None] = field(default_factory=dict[str | None, bytes | None])

    async def load(self, ctx: RunContext[Any]) -> bytes | None:
        return self.states.get(ctx.conversation_id)

    async def save(self, ctx: RunContext[Any], state: bytes | None) -> None:
        self.states[ctx.conversation_id] = state


class PeerSqliteStore:
    """The same in a SQLite file that is as durable as ours: WAL, `synchronous = NORMAL`, off the event loop."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, check_same_thread=False)
        self.connection.execute('PRAGMA journal_mode = WAL')
        self.connection.execute('PRAGMA synchronous = NORMAL')
        self.connection.execute('CREATE TABLE states (conversation TEXT PRIMARY KEY, state BLOB)')

    async def load(self, ctx: RunContext[Any]) -> bytes | None:
        return await asyncio.to_thread(self.read, ctx.conversation_id)

    async def save(self, ctx: RunContext[Any], state: bytes | None) -> None:
        await asyncio.to_thread(self.write, ctx.conversation_id, state)

    def read(self, conversation: str | None) -> bytes | None:
        row = self.connection.execute('SELECT state FROM states WHERE conversation = ?', [conversation]).fetchone()
        return row[0] if row else None

    def write(self, conversation: str | None, state: bytes | None) -> None:
        with self.connection:
            self.connection.execute('INSERT OR REPLACE INTO states VALUES (?, ?)', [conversation, state])


@dataclass(frozen=True)
class Contender:
    """One way to build an agent."""

    name: str
    write: Write
    capabilities: Callable[[Sequence[Tool]], Sequence[AbstractCapability[Any]]]
    """Made anew for each agent, from its tools."""

    def agent(self, tools: Sequence[Tool], *turns: Sequence[Step], clock: Clock | None = None) -> Agent[None, str]:
        model = scripted(*turns, write=self.write, clock=clock)
        return Agent(model, tools=tools, capabilities=self.capabilities(tools))


PLAIN = Contender('plain', Step.as_calls, lambda tools: [])
FLOOR = Contender('floor', Step.as_code, lambda tools: [Floor(tools)])
ONE_FEED = Contender('one feed', Step.as_code, lambda tools: [Floor(tools, drive=drive_as_one_feed)])
"""The floor, where a call is nothing to stop at."""
PEER = Contender('peer', Step.as_code, lambda tools: [PeerCodeMode()])
PEER_WITH_STORE = Contender('peer', Step.as_code, lambda tools: [PeerCodeMode(repl_store=PeerStore())])
OURS = Contender('ours', Step.as_code, lambda tools: [CodeMode()])


def in_sqlite(folder: Path) -> tuple[Contender, Contender, Contender]:
    """The floor, the peer and us, with a new file in `folder` for every agent."""
    numbers = count()

    def file() -> Path:
        return folder / f'agent-{next(numbers)}.db'

    return (
        Contender('floor', Step.as_code, lambda tools: [Floor(tools, InSqlite(file()))]),
        Contender('peer', Step.as_code, lambda tools: [PeerCodeMode(repl_store=PeerSqliteStore(file()))]),
        Contender('ours', Step.as_code, lambda tools: [CodeMode(store=SqlStore(f'sqlite:///{file()}'))]),
    )
