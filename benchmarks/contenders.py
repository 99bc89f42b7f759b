"""Who is compared: an agent without code mode, the peer, and us with a store in memory and in a SQLite file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from pydantic_ai import Agent, RunContext, Tool
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai_harness import CodeMode as PeerCodeMode

from pydantic_ai_grail import CodeMode, SqlStore

from .script import Step, Write, scripted


@dataclass
class PeerStore:
    """The store that the peer asks its users to write, at its simplest."""

    states: dict[str | None, bytes | None] = field(default_factory=dict[str | None, bytes | None])

    async def load(self, ctx: RunContext[Any]) -> bytes | None:
        return self.states.get(ctx.conversation_id)

    async def save(self, ctx: RunContext[Any], state: bytes | None) -> None:
        self.states[ctx.conversation_id] = state


@dataclass(frozen=True)
class Contender:
    """One way to build an agent."""

    name: str
    write: Write
    capabilities: Callable[[], Sequence[AbstractCapability[Any]]]
    """Made anew for each agent."""

    def agent(self, tools: Sequence[Tool], *turns: Sequence[Step]) -> Agent[None, str]:
        return Agent(scripted(*turns, write=self.write), tools=tools, capabilities=self.capabilities())


PLAIN = Contender('plain', Step.as_calls, lambda: [])
PEER = Contender('peer', Step.as_code, lambda: [PeerCodeMode()])
PEER_WITH_STORE = Contender('peer', Step.as_code, lambda: [PeerCodeMode(repl_store=PeerStore())])
OURS = Contender('ours', Step.as_code, lambda: [CodeMode()])


def ours_in_sqlite(folder: Path) -> Contender:
    """With a new file in `folder` for every agent."""
    numbers = count()
    url = f'sqlite:///{folder}/agent-{{}}.db'
    return Contender('ours', Step.as_code, lambda: [CodeMode(store=SqlStore(url.format(next(numbers))))])
