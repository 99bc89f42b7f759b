"""The desk at work: brings conversations on, one run after the other, until they rest.

Nothing is only in memory: what has work to do stands in the book, and a desk that is opened takes it up. Desks of several
processes may share a folder; a lease sees to it that one of them works on a conversation.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup
from pydantic_ai import Agent, DeferredToolRequests

from pydantic_ai_grail import Approve, Deny, SqlStore, StoreError, WaitingCall, decide, waiting_calls
from pydantic_ai_grail.admin import lease_conversation
from pydantic_ai_grail.approvals import ProvideResult
from pydantic_ai_grail.errors import DecisionUsed, StoreConflict

from .agent import desk_agent
from .book import Book
from .conversation import Conversation, Decided
from .shop import Shop
from .tools import Access

LOGGER = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Desk:
    """Lifetime: see `open_desk`."""

    book: Book
    shop: Shop
    store: SqlStore
    agent: Agent[Access, Any]
    access: Access
    _at_work: set[str] = field(default_factory=set[str])

    async def work(self, tasks: TaskGroup, *, look_every_seconds: float = 0.2) -> None:
        """Take up whatever has work to do, for ever: what people asked for, and what dead processes left."""
        while True:
            for id in await to_thread.run_sync(self.book.unfinished):
                if id not in self._at_work:
                    self._at_work.add(id)
                    tasks.start_soon(self._work_on, id)
            await anyio.sleep(look_every_seconds)

    async def _work_on(self, id: str) -> None:
        try:
            await self.bring_on(id)
        except StoreConflict:
            pass  # another process is at it; whatever it leaves is found the next time
        except StoreError:
            LOGGER.exception('Conversation %s could not be taken up', id)
            await anyio.sleep(1)
        finally:
            self._at_work.discard(id)

    async def bring_on(self, id: str) -> Conversation:
        """Run a conversation until it rests. A failure is kept with it.

        Raises:
            LookupError: When there is no such conversation.
            StoreConflict: When another process is working on it.
            StoreError: When it could not be told whether one does.
        """
        async with lease_conversation(self.store, id):
            while (conversation := await to_thread.run_sync(self.book.load, id)).state == 'running':
                try:
                    await self._run_once(conversation)
                except StoreConflict:
                    raise
                except Exception as error:
                    LOGGER.exception('Conversation %s failed', id)
                    await to_thread.run_sync(self.book.fail, id, f'{type(error).__name__}: {error}')
            return conversation

    async def _run_once(self, conversation: Conversation) -> None:
        """One run of the agent: a new one, or on from where a killed one was, or with what people decided."""
        id, answers = conversation.id, conversation.answers
        if answers is None and conversation.requests is not None:
            answers = decide(
                conversation.requests, _decisions(conversation.decided, waiting_calls(conversation.requests))
            )
            await to_thread.run_sync(self.book.give, id, answers, conversation.decided)
        try:
            async with self.agent.iter(
                conversation.prompt,
                message_history=conversation.history,
                deferred_tool_results=answers,
                conversation_id=id,
                deps=self.access,
            ) as run:
                async for node in run:
                    is_new = len(run.all_messages()) > len(conversation.history)
                    if is_new and Agent.is_call_tools_node(node) and node.model_response.tool_calls:
                        await to_thread.run_sync(self.book.came_further, id, run.all_messages_json())
        except DecisionUsed:
            if conversation.answers is None:
                raise
            # A run that died had used them, and its cell waits for others since. Without them, a run tells for which.
            await to_thread.run_sync(self.book.withdraw, id)
            return
        assert run.result is not None
        output = run.result.output
        requests = output if isinstance(output, DeferredToolRequests) else None
        await to_thread.run_sync(self.book.rest, id, run.result.all_messages_json(), requests)


@asynccontextmanager
async def open_desk(folder: Path, *, pace_seconds: float = 0.0) -> AsyncGenerator[Desk]:
    """A desk over a folder, for the length of the block. Runs that are under way at its end are resumed later."""
    await anyio.Path(folder).mkdir(parents=True, exist_ok=True)
    book, shop = Book(folder / 'desk.db'), Shop(folder / 'shop.db')
    book.open()
    shop.open()
    store = SqlStore(f'sqlite:///{folder / "agent.db"}')
    access = Access(shop, pace_seconds)
    try:
        yield Desk(book=book, shop=shop, store=store, agent=desk_agent(store), access=access)
    finally:
        await store.aclose()


def _decisions(decided: Sequence[Decided], waiting: Sequence[WaitingCall]) -> dict[str, Approve | Deny | ProvideResult]:
    """What people said, as the library takes it."""
    calls = {call.wait_id: call for call in waiting}
    return {each.call: _decision(each, calls[each.wait]) for each in decided if each.wait in calls}


def _decision(decided: Decided, call: WaitingCall) -> Approve | Deny | ProvideResult:
    match decided.verdict:
        case 'deny':
            return Deny(decided.message or 'Denied, without a word.')
        case 'happened':
            return ProvideResult(None)
        case 'approve' if decided.amount is not None:
            return Approve(override_args={**call.args, 'amount': str(decided.amount)})
        case 'approve':
            return Approve()
