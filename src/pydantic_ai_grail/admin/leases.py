"""One process at a time for a conversation: for applications that load a history, run an agent and save the history."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

from .._common.argument_checks import check_store, in_seconds
from .._common.ownership import new_conversation
from .._journal.claims import HeldClaim
from .._state.guarded_store import GuardedStore
from .._state.repository import utc_now
from ..stores.base import CellKey, Store


@asynccontextmanager
async def lease_conversation(
    store: Store,
    conversation_id: str,
    *,
    owner: str | None = None,
    lease_timeout: float | timedelta = 30.0,
    store_timeout: float | timedelta = 10.0,
) -> AsyncGenerator[None]:
    """Have a conversation for this process alone, for the length of the block.

    A cell that waits or died is safe without it: one process resumes it, others get a `StoreConflict`. What a lease
    adds is that nobody else continues from a history that is about to be out of date, so load the history inside:

    ```python
    async with lease_conversation(store, conversation_id):
        history = load(conversation_id)
        result = await agent.run(message_history=history)
        save(conversation_id, result.all_messages())
    ```

    Args:
        store: Where the agent's state is.
        conversation_id: Any name for it; the agent's conversation need not be called the same.
        owner: Whose conversation. Leases of two owners never meet.
        lease_timeout: After how long without a sign of life others may take it, in seconds or as a `timedelta`. A dead
            process of the same machine is seen at once.
        store_timeout: How long one call of the store may take, in seconds or as a `timedelta`.

    Raises:
        SettingsError: When an argument cannot be right.
        ConversationIdError: When `conversation_id` cannot name a conversation.
        OwnerError: When `owner` is no name for one.
        StoreConflict: When another process has it.
        StoreError: When the store failed.
    """
    check_store(store)
    lease_seconds = in_seconds('lease_timeout', lease_timeout)
    store_timeout_seconds = in_seconds('store_timeout', store_timeout)
    held = HeldClaim(
        store=GuardedStore(store=store, timeout_seconds=store_timeout_seconds),
        key=CellKey(*new_conversation(owner, conversation_id), '', ''),
        seconds=lease_seconds,
        clock=utc_now,
    )
    await held.take(f'Conversation {conversation_id!r}')
    try:
        yield
    finally:
        await held.aclose()
