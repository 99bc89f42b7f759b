"""A past conversation, cell by cell and call by call: what its journals and states say of it, with their seals checked.

For people who look. Nothing is claimed, loaded or changed, so it may be done while the agent runs.

```python
for cell in await list_cells(SqlStore('sqlite:///agent.db'), conversation_id):
    print(cell.code, cell.status)
    for call in cell.calls:
        print(call.tool_name, call.args, call.state)
```
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from .._common.argument_checks import check_flag, check_store, check_text
from .._common.ownership import named_owner, named_owners
from .._journal.claims import shown_holder
from .._journal.grants import Grants, LiveGrant
from .._journal.stored_conversations import keyring_to_read
from .._state.repository import utc_now
from ..stores.base import NO_OWNER, AllOwners, ConversationKey, Store
from .past_cells import (
    HIDDEN,
    CellStatus,
    PastCall,
    PastCell,
    PastDecision,
    cells_in,
    journals_of,
    with_claim,
    without_content,
)

__all__ = [
    'HIDDEN',
    'CellStatus',
    'LiveGrant',
    'PastCall',
    'PastCell',
    'PastDecision',
    'StoredWaitingCall',
    'UnfinishedCell',
    'list_cells',
    'list_grants',
    'list_unfinished_cells',
    'list_waiting_calls',
    'shown_holder',
    'waiting_among',
]  # fmt: skip

Secret: TypeAlias = str | bytes | Sequence[str | bytes]
MOST: Final = 2**31 - 1
"""As many conversations as any store has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfinishedCell:
    """A cell that did not come to its end, and where."""

    owner: str
    """Whose conversation; empty for nobody's in particular."""
    conversation_id: str
    cell: PastCell
    is_passed: bool
    """As of a `StoredWaitingCall`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredWaitingCall:
    """A call that waits, and where."""

    owner: str
    """Whose conversation; empty for nobody's in particular."""
    conversation_id: str
    cell: PastCell
    call: PastCall
    since: datetime
    is_passed: bool
    """Whether later cells of the conversation have run: then its cell was denied as a whole, or the history was rewound
    or forked, and perhaps nobody will decide any more. The store is not told of that."""


async def list_cells(
    store: Store,
    conversation_id: str,
    *,
    owner: str | None = None,
    secret: Secret | None = None,
    include_content: bool = True,
) -> list[PastCell]:
    """The cells of a conversation, in the order in which they ran; empty when the store has nothing of it.

    Args:
        store: Where the agent's state is.
        conversation_id: The conversation, as Pydantic AI calls it.
        owner: Whose, as `CodeMode(owner=...)` had it; `None` for what agents without it have kept.
        secret: What seals the store, the newest first. Default: as for `CodeMode(secret=...)`.
        include_content: Whether code, arguments, results and messages are shown, or only what happened.

    Raises:
        OwnerError: When `owner` is no name for one.
        SettingsError: When an argument cannot be right, or no secret can be had.
        StoreError: When the store failed.
    """
    check_store(store)
    check_text('conversation_id', conversation_id)
    check_flag('include_content', include_content)
    whose = named_owner(owner)
    contents = await store.contents(conversation_id, owner=whose)
    if not contents.snapshots and not contents.entries:
        return []
    cells = await cells_in(store, contents, keyring_to_read(store, secret))
    begun = await store.begun(conversation_id, owner=whose)
    claims = {(cell.key.cell_id, cell.key.code_digest): cell.claim for cell in begun}
    now = utc_now()
    shown = [cell if include_content else without_content(cell) for cell in cells]
    return [with_claim(cell, claims.get((cell.cell_id, cell.code_digest)), now) for cell in shown]


async def list_unfinished_cells(
    store: Store,
    *,
    owner: str | AllOwners | None = None,
    secret: Secret | None = None,
    include_content: bool = True,
) -> list[UnfinishedCell]:
    """The cells of all conversations of an owner that wait, are under way or were interrupted, and those of which that cannot be
    told. By conversation, the one that was written to last first. `ALL_OWNERS` is for operators.

    Raises:
        OwnerError, SettingsError, StoreError: As `list_cells`.
    """
    check_store(store)
    check_flag('include_content', include_content)
    found: list[UnfinishedCell] = []
    for summary in await store.conversations(owner=named_owners(owner), limit=MOST):
        if not summary.entries:
            continue
        cells = await list_cells(
            store,
            summary.conversation_id,
            owner=None if summary.owner == NO_OWNER else summary.owner,
            secret=secret,
            include_content=include_content,
        )
        found += [
            UnfinishedCell(
                owner=summary.owner,
                conversation_id=summary.conversation_id,
                cell=cell,
                is_passed=any(later.status != 'queued' for later in cells[number + 1 :]),
            )
            for number, cell in enumerate(cells)
            if cell.is_unfinished
        ]
    return found


async def list_waiting_calls(
    store: Store,
    *,
    owner: str | AllOwners | None = None,
    secret: Secret | None = None,
    include_content: bool = True,
) -> list[StoredWaitingCall]:
    """Every call of every conversation of an owner that waits for a decision, the oldest first. A cell whose journal cannot
    be opened may have more; `list_unfinished_cells` lists it. `ALL_OWNERS` is for operators.

    Raises:
        OwnerError, SettingsError, StoreError: As `list_cells`.
    """
    return waiting_among(
        await list_unfinished_cells(store, owner=owner, secret=secret, include_content=include_content)
    )


def waiting_among(unfinished: Sequence[UnfinishedCell]) -> list[StoredWaitingCall]:
    """The calls of these cells that wait for a decision, the oldest first."""
    found = [
        StoredWaitingCall(
            owner=each.owner,
            conversation_id=each.conversation_id,
            cell=each.cell,
            call=call,
            since=call.waits.at,
            is_passed=each.is_passed,
        )
        for each in unfinished
        if each.cell.status == 'waiting'
        for call in each.cell.calls
        if call.state == 'waiting' and call.waits is not None
    ]
    return sorted(found, key=lambda waiting: waiting.since)


async def list_grants(
    store: Store, conversation_id: str, *, owner: str | None = None, secret: Secret | None = None
) -> list[LiveGrant]:
    """What a conversation of an owner may do without being asked, the oldest first.

    Raises:
        JournalTampered: When that was changed.
        OwnerError, SettingsError, StoreError: As `list_cells`.
    """
    check_store(store)
    check_text('conversation_id', conversation_id)
    conversation = ConversationKey(named_owner(owner), conversation_id)
    return await Grants(journals_of(store, keyring_to_read(store, secret)), conversation).live()
