"""A shop whose customers share one store: an agent that pays bills for whoever is signed in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai import Agent, ApprovalRequired, DeferredToolRequests, RunContext
from pydantic_ai.messages import ModelMessage, ModelRequest
from pydantic_ai.run import AgentRunResult
from support.scripts import scripted_model

from pydantic_ai_grail import CodeMode, Store
from pydantic_ai_grail.testing import played_cells

SECRET = 'a secret for the tests'


@dataclass(frozen=True, slots=True)
class Customer:
    """Who is signed in; nobody, if empty."""

    user_id: str


async def who_is_signed_in(ctx: RunContext[Customer]) -> str:
    return ctx.deps.user_id


@dataclass
class Shop:
    store: Store
    paid: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    keys: list[str] = field(default_factory=list[str])
    """The idempotency keys of the payments."""
    stops_in: int | None = None
    """The bill in whose payment a run stays."""
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    def agent(self, *cells: str | Sequence[str], owner: Any = who_is_signed_in, **options: Any) -> Agent[Customer, Any]:
        async def pay(ctx: RunContext[Customer], bill: int) -> str:
            if bill >= 100 and not ctx.tool_call_approved:
                raise ApprovalRequired
            self.paid.append((ctx.deps.user_id, bill))
            self.keys.append(ctx.tool_call_metadata['code_mode']['idempotency_key'])
            if bill == self.stops_in:
                self.reached.set()
                await asyncio.sleep(60)
            return f'{ctx.deps.user_id or "nobody"} paid {bill}'

        chosen: dict[str, Any] = {'journal_writes': 'call', 'owner': owner, **options}
        return Agent(
            scripted_model(*cells),
            deps_type=Customer,
            tools=[pay],
            output_type=[str, DeferredToolRequests],
            capabilities=[CodeMode(store=self.store, secret=SECRET, **chosen)],
        )

    async def run(
        self,
        user: str,
        *cells: str | Sequence[str],
        history: Sequence[ModelMessage] = (),
        conversation: str = 'c',
        prompt: str | None = 'go',
        options: dict[str, Any] | None = None,
        **how: Any,
    ) -> AgentRunResult[Any]:
        """A run of one who is signed in; as an application without owners has it, if nobody is."""
        chosen = {**(options or {}), **({} if user else {'owner': None})}
        return await self.agent(*cells, **chosen).run(
            prompt, message_history=[*history], conversation_id=conversation, deps=Customer(user), **how
        )

    async def is_cut_off(self, user: str, *cells: str, **how: Any) -> None:
        """A run that ends in the payment of bill 2, and of which no message is left."""
        self.stops_in = 2
        self.reached.clear()
        run = asyncio.create_task(self.run(user, *cells, **how))
        await self.reached.wait()
        run.cancel()
        with suppress(asyncio.CancelledError):
            await run
        self.stops_in = None


def told(result: AgentRunResult[Any]) -> str:
    """Everything that the model was told in a run: by instructions, and in place of results."""
    requests = [message for message in result.new_messages() if isinstance(message, ModelRequest)]
    return '\n'.join(f'{message.instructions or ""}\n{message.parts}' for message in requests)


def last_cell(result: AgentRunResult[Any]) -> Any:
    return played_cells(result.all_messages())[-1]
