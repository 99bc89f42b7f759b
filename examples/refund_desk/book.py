"""What the application keeps of its conversations, so that it may be killed at any instruction: one row each.

A conversation rests (waits for people, is done, or failed) or has work to do. Whatever starts work is written with the
change to that state, and whatever ends it too. Decisions are noted one by one, and become the answers to a run when the
conversation rests.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from secrets import token_hex
from typing import Final

from pydantic import TypeAdapter
from pydantic_ai import DeferredToolRequests, DeferredToolResults
from pydantic_ai.messages import ModelMessagesTypeAdapter

from pydantic_ai_grail import waiting_calls

from .conversation import Conversation, Decided, NotPossible, about

_REQUESTS: Final = TypeAdapter(DeferredToolRequests)
_RESULTS: Final = TypeAdapter(DeferredToolResults)
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS conversations (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    state TEXT NOT NULL,
    prompt TEXT,
    history BLOB NOT NULL,
    requests BLOB,
    answers BLOB,
    error TEXT,
    changed_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS decisions (
    conversation TEXT NOT NULL REFERENCES conversations (id),
    wait TEXT NOT NULL,
    call TEXT NOT NULL,
    verdict TEXT NOT NULL,
    amount TEXT,
    message TEXT NOT NULL,
    about TEXT NOT NULL,
    made_at TEXT NOT NULL,
    taken INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (conversation, wait)
);
"""


@dataclass(frozen=True)
class Book:
    """Lifetime: none; each method opens the database and closes it. Each change is one transaction."""

    path: Path

    def open(self) -> None:
        """Make the tables, if they are not there."""
        with self._connected() as connection:
            connection.execute('PRAGMA journal_mode = WAL')
            connection.executescript(_TABLES)

    def ask(self, prompt: str) -> str:
        """Begin a conversation. Gives its id."""
        id = token_hex(4)
        with self._connected() as connection:
            connection.execute(
                'INSERT INTO conversations (id, title, state, prompt, history, changed_at) VALUES (?, ?, ?, ?, ?, ?)',
                [id, prompt, 'running', prompt, b'[]', _now()],
            )
        return id

    def ask_further(self, id: str, prompt: str) -> None:
        """Continue a conversation that is done.

        Raises:
            LookupError: When there is no such conversation.
            NotPossible: When it is not done.
        """
        with self._changing(id) as connection:
            if _conversation(connection, id).state != 'done':
                raise NotPossible('This conversation has not come to its end; ask again then.')
            connection.execute("UPDATE conversations SET state = 'running', prompt = ? WHERE id = ?", [prompt, id])

    def try_again(self, id: str) -> None:
        """Let a conversation that failed continue from where it was.

        Raises:
            LookupError: When there is no such conversation.
            NotPossible: When it has not failed.
        """
        with self._changing(id) as connection:
            if _conversation(connection, id).state != 'failed':
                raise NotPossible('This conversation has not failed.')
            connection.execute("UPDATE conversations SET state = 'running', error = NULL WHERE id = ?", [id])

    def decide(self, id: str, decisions: Sequence[Decided]) -> None:
        """Note decisions on calls that wait, and have the conversation continue. Others may have been decided on since they
        were seen waiting.

        Raises:
            LookupError: When there is no such conversation.
            NotPossible: When a call does not wait any more, or was decided on already.
        """
        with self._changing(id) as connection:
            conversation = _conversation(connection, id)
            # While a run has answers, nobody knows what else will wait; what still does then gets its decision.
            shown = waiting_calls(conversation.requests) if conversation.answers and conversation.requests else []
            waiting = {call.wait_id: call for call in shown or conversation.waiting}
            for decision in decisions:
                call = waiting.get(decision.wait)
                query = 'SELECT 1 FROM decisions WHERE conversation = ? AND wait = ?'
                if call is None or connection.execute(query, [id, decision.wait]).fetchone():
                    raise NotPossible('This was decided already, or waits no more. The page shows how things are now.')
                is_changed = decision.amount not in (None, Decimal(str(call.args.get('amount', 'nan'))))
                amount = str(decision.amount) if is_changed else None
                connection.execute(
                    'INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)',
                    [
                        *(id, decision.wait, call.tool_call_id, decision.verdict),
                        *(amount, decision.message, about(call), _now()),
                    ],
                )
            connection.execute("UPDATE conversations SET state = 'running' WHERE id = ?", [id])

    def give(self, id: str, answers: DeferredToolResults, decided: Sequence[Decided]) -> None:
        """Note which answers the next run is given, and of which decisions they consist."""
        with self._changing(id) as connection:
            connection.execute('UPDATE conversations SET answers = ? WHERE id = ?', [_RESULTS.dump_json(answers), id])
            taken = [(id, decision.wait) for decision in decided]
            connection.executemany('UPDATE decisions SET taken = 1 WHERE conversation = ? AND wait = ?', taken)

    def withdraw(self, id: str) -> None:
        """Note that a run has used its answers, or cannot use them any more."""
        with self._changing(id) as connection:
            connection.execute('UPDATE conversations SET answers = NULL, requests = NULL WHERE id = ?', [id])

    def came_further(self, id: str, history: bytes) -> None:
        """Keep what the model asks for, before it is done. The prompt and the answers that led there are in it."""
        with self._changing(id) as connection:
            connection.execute(
                'UPDATE conversations SET history = ?, prompt = NULL, requests = NULL, answers = NULL WHERE id = ?',
                [history, id],
            )

    def rest(self, id: str, history: bytes, requests: DeferredToolRequests | None) -> None:
        """A run has ended: with requests that wait for people, or with an answer."""
        with self._changing(id) as connection:
            connection.execute(
                'UPDATE conversations SET history = ?, requests = ?, state = ?, prompt = NULL, answers = NULL, '
                'error = NULL WHERE id = ?',
                [
                    *(history, None if requests is None else _REQUESTS.dump_json(requests)),
                    *('done' if requests is None else 'waiting', id),
                ],
            )
            calls = [] if requests is None else waiting_calls(requests)
            waiting = {call.wait_id for call in calls}
            for decision in _conversation(connection, id).decided:
                if decision.wait in waiting:  # decided on while the run was under way
                    connection.execute("UPDATE conversations SET state = 'running' WHERE id = ?", [id])
                else:
                    query = 'UPDATE decisions SET taken = 1 WHERE conversation = ? AND wait = ?'
                    connection.execute(query, [id, decision.wait])

    def fail(self, id: str, error: str) -> None:
        """A run has ended in an exception."""
        with self._changing(id) as connection:
            connection.execute("UPDATE conversations SET state = 'failed', error = ? WHERE id = ?", [error, id])

    def load(self, id: str) -> Conversation:
        """One conversation.

        Raises:
            LookupError: When there is none of this id.
        """
        with self._connected() as connection:
            return _conversation(connection, id)

    def newest(self, limit: int = 100) -> list[Conversation]:
        """Conversations, the one that changed last first."""
        with self._connected() as connection:
            query = 'SELECT id FROM conversations ORDER BY changed_at DESC LIMIT ?'
            return [_conversation(connection, row['id']) for row in connection.execute(query, [limit]).fetchall()]

    def unfinished(self) -> list[str]:
        """Conversations that have work to do."""
        with self._connected() as connection:
            rows = connection.execute("SELECT id FROM conversations WHERE state = 'running'").fetchall()
        return [row['id'] for row in rows]

    @contextmanager
    def _changing(self, id: str) -> Generator[sqlite3.Connection]:
        """A transaction that has the database for itself, and notes that the conversation changed."""
        with self._connected() as connection:
            connection.execute('BEGIN IMMEDIATE')
            yield connection
            connection.execute('UPDATE conversations SET changed_at = ? WHERE id = ?', [_now(), id])

    @contextmanager
    def _connected(self) -> Generator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=10)) as connection, connection:
            connection.row_factory = sqlite3.Row
            yield connection


def _conversation(connection: sqlite3.Connection, id: str) -> Conversation:
    row = connection.execute('SELECT * FROM conversations WHERE id = ?', [id]).fetchone()
    if row is None:
        raise LookupError(f'There is no conversation {id}.')
    return Conversation(
        id=id,
        title=row['title'],
        state=row['state'],
        prompt=row['prompt'],
        history=ModelMessagesTypeAdapter.validate_json(row['history']),
        requests=None if row['requests'] is None else _REQUESTS.validate_json(row['requests']),
        answers=None if row['answers'] is None else _RESULTS.validate_json(row['answers']),
        error=row['error'],
        decisions=_decisions(connection, id),
        changed_at=datetime.fromisoformat(row['changed_at']),
    )


def _decisions(connection: sqlite3.Connection, id: str) -> list[Decided]:
    query = 'SELECT * FROM decisions WHERE conversation = ? ORDER BY made_at'
    return [
        Decided(
            wait=row['wait'],
            call=row['call'],
            verdict=row['verdict'],
            amount=None if row['amount'] is None else Decimal(row['amount']),
            message=row['message'],
            about=row['about'],
            taken=bool(row['taken']),
        )
        for row in connection.execute(query, [id]).fetchall()
    ]


def _now() -> str:
    return datetime.now(UTC).isoformat()
