"""An agent that pays bills over a store, for tests of what is left in the store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from pydantic_ai import Agent, DeferredToolRequests, RunContext
from pydantic_ai.exceptions import ApprovalRequired, CallDeferred
from support.scripts import scripted_model

from pydantic_ai_grail import CodeMode, Store
from pydantic_ai_grail._journal.cell_journal import Journals
from pydantic_ai_grail._state.keyring import Keyring
from pydantic_ai_grail.events.journal_entries import Entry
from pydantic_ai_grail.stores.base import CellKey

SECRET: Final = 'a secret that tests share'


def till(store: Store, *cells: str | Sequence[str], paid: list[int] | None = None) -> Agent[None, Any]:
    """An agent that plays these cells. Bills over 100 wait for an approval."""

    async def pay(ctx: RunContext[Any], bill: int, amount: int = 10) -> str:
        """Pay a bill."""
        if amount < 0:
            raise ValueError('a bill is not negative')
        if amount > 100 and not ctx.tool_call_approved:
            raise ApprovalRequired(metadata={'why': 'large'})
        if paid is not None:
            paid.append(bill)
        return f'paid {bill}'

    async def fax(number: str) -> str:
        """Send a fax, by hand."""
        raise CallDeferred

    return Agent(
        scripted_model(*cells),
        tools=[pay, fax],
        output_type=[str, DeferredToolRequests],
        capabilities=[CodeMode(store=store, secret=SECRET, journal_writes='call')],
    )


async def write_journal(store: Store, key: CellKey, *entries: Entry, at: datetime | None = None) -> None:
    """Leave a journal in a store, as a process that dies then."""
    journals = Journals(
        store=store,
        keyring=Keyring(SECRET),
        store_timeout_seconds=10,
        writes_calls=False,
        claim_seconds=1,
        clock=lambda: at or datetime.now(UTC),
    )
    journal = journals.new(key)
    await journal.write(*entries)
    await journal.store(release=True)
    await journal.aclose()
