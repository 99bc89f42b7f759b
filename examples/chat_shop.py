"""What the two chat apps share: a shop whose refunds somebody has to allow, its assistant, and the chats on the server."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from fastapi import Request, Response
from pydantic import TypeAdapter
from pydantic_ai import Agent, DeferredToolRequests, RunContext
from pydantic_ai.exceptions import ApprovalRequired, CallDeferred
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter
from pydantic_ai.models.function import AgentInfo

from pydantic_ai_grail import CodeMode, SqlStore
from pydantic_ai_grail.testing import PlainStep, answer, current_turn, played_cells, scripted_model

_REQUESTS = TypeAdapter(DeferredToolRequests | None)
_TABLES = """
CREATE TABLE IF NOT EXISTS refunds (number INTEGER PRIMARY KEY, order_id INTEGER, amount TEXT);
CREATE TABLE IF NOT EXISTS chats (user TEXT, id TEXT, messages BLOB, requests BLOB, PRIMARY KEY (user, id));
"""


@dataclass(frozen=True)
class Shop:
    """Its books, in a file."""

    file: Path

    def write(self, statement: str, *values: Any) -> None:
        with closing(self._open()) as database, database:
            database.execute(statement, values)

    def read(self, statement: str, *values: Any) -> list[Any]:
        with closing(self._open()) as database:
            return database.execute(statement, values).fetchall()

    def refunds(self) -> list[int]:
        """The orders that were refunded, in order."""
        return [order for (order,) in self.read('SELECT order_id FROM refunds ORDER BY number')]

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.file)
        database.executescript(_TABLES)
        return database

    def save_chat(self, user: str, id: str, messages: Sequence[ModelMessage], output: Any) -> None:
        requests = output if isinstance(output, DeferredToolRequests) else None
        text = ModelMessagesTypeAdapter.dump_json([*messages])
        self.write('INSERT OR REPLACE INTO chats VALUES (?, ?, ?, ?)', user, id, text, _REQUESTS.dump_json(requests))

    def chat(self, user: str, id: str) -> tuple[list[ModelMessage], DeferredToolRequests | None]:
        """What was said in a chat, and what waits in it."""
        for messages, requests in self.read('SELECT messages, requests FROM chats WHERE user = ? AND id = ?', user, id):
            return ModelMessagesTypeAdapter.validate_json(messages), _REQUESTS.validate_json(requests)
        return [], None


def assistant(folder: Path) -> tuple[Agent[str, Any], Shop]:
    """The agent, and the shop that it works in. Its `deps` are the user, who owns what is kept of a chat."""
    shop = Shop(folder / 'shop.db')

    async def refund(ctx: RunContext[Any], order: int, amount: Decimal) -> str:
        """Refund an order. Somebody has to allow it."""
        if not ctx.tool_call_approved:
            raise ApprovalRequired(metadata={'customer': f'customer of {order}'})
        shop.write('INSERT INTO refunds (order_id, amount) VALUES (?, ?)', order, str(amount))
        return f'refunded {amount} for {order}'

    async def pick_up(order: int, day: date) -> str:
        """Have a parcel picked up. The carrier says when."""
        raise CallDeferred

    agent: Agent[str, Any] = Agent(
        scripted_model(_next_step, repeat=True),
        deps_type=str,
        tools=[refund, pick_up],
        output_type=[str, DeferredToolRequests],
        capabilities=[CodeMode(store=SqlStore(f'sqlite:///{folder / "agent.db"}'), owner=lambda ctx: ctx.deps)],
    )
    return agent, shop


def _refunds(orders: str) -> list[PlainStep]:
    numbers = ', '.join(re.findall(r'\d+', orders))
    code = f"from decimal import Decimal\ndone = []\nfor order in [{numbers}]:\n    done.append(await refund(order, Decimal('12.50')))\ndone"
    return [code, answer('Done: {result}')]


def _both(orders: str) -> list[PlainStep]:
    calls = ', '.join(f"refund({order}, Decimal('12.50'))" for order in re.findall(r'\d+', orders))
    return [f'import asyncio\nfrom decimal import Decimal\nawait asyncio.gather({calls})', answer('Done: {result}')]


SCRIPT: dict[str, Callable[[str], list[PlainStep]]] = {
    'refund together': _both,
    'refund': _refunds,
    'pick up': lambda text: [
        f'from datetime import date\nawait pick_up({re.findall(r"[0-9]+", text)[0]}, date(2026, 12, 1))',
        answer('The carrier: {result}'),
    ],
    'note': lambda text: [f'note = {text.removeprefix("note").strip()!r}\nnote', answer('Noted: {result}')],
    'recall': lambda _: [
        "try:\n    found = note\nexcept NameError:\n    found = 'nothing'\nfound",
        answer('I have: {result}'),
    ],
}


def _next_step(messages: list[ModelMessage], info: AgentInfo) -> PlainStep:
    """What is written down for a prompt that begins with one of these words; where its cell failed, what the model read."""
    del info
    turn = current_turn(messages)
    steps = next(
        (make(turn.prompt) for word, make in SCRIPT.items() if turn.prompt.startswith(word)), list[PlainStep]()
    )
    if turn.responses < len(steps) - 1:
        return steps[turn.responses]
    if not steps:
        return answer('I can refund.')
    cell = played_cells(messages)[-1]
    return steps[-1] if cell.outcome == 'completed' else answer(f'It did not work: {cell.content}')


def user_of(request: Request) -> str:
    """Who is signed in: here whoever has the cookie; ids and histories come from the page, and say nothing of it."""
    return request.cookies.get('user', 'nobody')


def signed_in(response: Response, request: Request) -> Response:
    """A page for whoever it is, who gets a cookie."""
    response.headers['Content-Security-Policy'] = "frame-ancestors 'none'"
    if 'user' not in request.cookies:
        response.set_cookie('user', token_urlsafe(), httponly=True, samesite='strict')
    return response
