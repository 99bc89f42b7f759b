"""Where the floor keeps the state of a conversation: in memory, or in a SQLite file with a row before and after each call."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pydantic_core import to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a cell leaves to the next one."""

    dump: bytes = b''
    cells: str = ''
    """The source of all cells, as the body of a function."""
    tools: frozenset[str] = frozenset()
    """Those that the cells name."""


class FloorStore(Protocol):
    """Keeps the newest state of each conversation, and perhaps what its calls did."""

    async def load(self, conversation: str | None) -> State | None: ...

    async def save(self, conversation: str | None, state: State) -> None: ...

    async def begin_call(self, call_id: str, tool: str, arguments: Any) -> None: ...

    async def end_call(self, call_id: str, result: Any) -> None: ...


@dataclass
class InMemory:
    """A dict, and no record of the calls."""

    states: dict[str | None, State] = field(default_factory=dict[str | None, State])

    async def load(self, conversation: str | None) -> State | None:
        return self.states.get(conversation)

    async def save(self, conversation: str | None, state: State) -> None:
        self.states[conversation] = state

    async def begin_call(self, call_id: str, tool: str, arguments: Any) -> None:
        pass

    async def end_call(self, call_id: str, result: Any) -> None:
        pass


class InSqlite:
    """As durable as our store: WAL, `synchronous = NORMAL`, one transaction a row, off the event loop."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False)
        self._connection.execute('PRAGMA journal_mode = WAL')
        self._connection.execute('PRAGMA synchronous = NORMAL')
        self._connection.execute(
            'CREATE TABLE states (conversation TEXT PRIMARY KEY, state BLOB, cells TEXT, tools TEXT)'
        )
        self._connection.execute('CREATE TABLE calls (call_id TEXT, what TEXT, value TEXT)')

    async def load(self, conversation: str | None) -> State | None:
        return await asyncio.to_thread(self._load, conversation)

    async def save(self, conversation: str | None, state: State) -> None:
        row = conversation, state.dump, state.cells, json.dumps([*state.tools])
        await asyncio.to_thread(self._write, 'INSERT OR REPLACE INTO states VALUES (?, ?, ?, ?)', *row)

    async def begin_call(self, call_id: str, tool: str, arguments: Any) -> None:
        await asyncio.to_thread(self._write, INSERT_CALL, call_id, tool, to_json(arguments))

    async def end_call(self, call_id: str, result: Any) -> None:
        await asyncio.to_thread(self._write, INSERT_CALL, call_id, 'result', to_json(result))

    def _load(self, conversation: str | None) -> State | None:
        found = self._connection.execute('SELECT * FROM states WHERE conversation = ?', [conversation]).fetchone()
        return None if found is None else State(dump=found[1], cells=found[2], tools=frozenset(json.loads(found[3])))

    def _write(self, statement: str, *values: Any) -> None:
        with self._connection:
            self._connection.execute(statement, values)


INSERT_CALL = 'INSERT INTO calls VALUES (?, ?, ?)'
