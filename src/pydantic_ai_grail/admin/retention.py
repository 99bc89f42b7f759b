"""Forgetting what nobody wants any more, and not what may still be resumed.

`Store.forget` goes by age alone: a store cannot tell a cell that waits from one that is done, for what it keeps is sealed.
`delete_expired` opens the journals first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from .._common.argument_checks import check_count, check_flag, check_length_of_time, check_moment, check_store
from .._common.ownership import named_owners
from .._journal.reached import is_of_grants
from .._journal.stored_conversations import by_journal, keyring_to_read
from .._state.keyring import Keyring
from ..stores.base import AllOwners, CellKey, Contents, ConversationKey, JournalRecord, Store
from .inspection import MOST, Secret
from .past_cells import CellStatus, PastCell, cells_in


@dataclass(frozen=True, slots=True, kw_only=True)
class SparedConversation:
    """A conversation that was left alone, for the sake of this cell."""

    owner: str
    """Whose; empty for nobody's in particular."""
    conversation_id: str
    cell_id: str
    status: CellStatus | None
    """`None` when its journal could not be opened."""
    last_written_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryReport:
    """What was forgotten, or would be."""

    conversations: int
    """Those that lost something."""
    snapshots: int
    """States, of cells."""
    journals: int
    """Records of the calls of cells, one for each cell."""
    spared: tuple[SparedConversation, ...] = ()
    """What would have gone but for an unfinished cell."""


async def delete_expired(
    store: Store,
    *,
    older_than: timedelta,
    owner: str | AllOwners | None = None,
    keep_newest: int = 0,
    unfinished_older_than: timedelta | None = None,
    dry_run: bool = False,
    secret: Secret | None = None,
    now: datetime | None = None,
) -> ExpiryReport:
    """Forget states and journals that are older, in all conversations of an owner but those in which a cell is unfinished.

    A cell that waits for a person would lose its approval, and one whose process died would be run again from its
    beginning, with all its calls. So is a conversation whose journals cannot be opened: what is in them is unknown.

    Args:
        store: Where agents have their state.
        older_than: What was written before that long ago. A journal is as old as its newest entry.
        owner: Whose, as `CodeMode(owner=...)` had it; `None` for what agents without it have kept, `ALL_OWNERS` for all.
        keep_newest: How many states, and as many journals, each conversation keeps all the same.
        unfinished_older_than: Unfinished cells that nobody has touched for so long spare nothing. Default: they always do.
        dry_run: Only say what would go.
        secret: What seals the store. Default: as for `CodeMode(secret=...)`.
        now: Default: the present.

    Raises:
        SettingsError: When an argument cannot be right, such as a number of days in place of a `timedelta`, or when no secret
            can be had.
        OwnerError: When `owner` is no name for one.
        StoreError: When the store failed. What was forgotten by then is gone.
    """
    check_store(store)
    check_length_of_time('older_than', older_than)
    if unfinished_older_than is not None:
        check_length_of_time('unfinished_older_than', unfinished_older_than)
    if now is not None:
        check_moment('now', now)
    check_count('keep_newest', keep_newest, least=0)
    check_flag('dry_run', dry_run)
    present = now or datetime.now(UTC)
    before, keyring = present - older_than, None
    unfinished_before = None if unfinished_older_than is None else present - unfinished_older_than
    conversations = snapshots = journals = 0
    spared: list[SparedConversation] = []
    for summary in await store.conversations(owner=named_owners(owner), limit=MOST):
        whose, conversation_id = summary.owner, summary.conversation_id
        contents = await store.contents(conversation_id, owner=whose)
        going = _going(contents, before, keep_newest)
        if going is None:
            continue
        if contents.entries:
            keyring = keyring or keyring_to_read(store, secret)
            reason = await _unfinished(store, contents, keyring, unfinished_before)
            if reason is not None:
                spared.append(reason)
                continue
        conversations, snapshots, journals = conversations + 1, snapshots + going.snapshots, journals + going.journals
        if dry_run:
            continue
        if going.is_all:  # but nothing that was written since it was looked at
            await store.forget(owner=whose, conversation_id=conversation_id, older_than=present)
        else:
            await store.forget(owner=whose, conversation_id=conversation_id, older_than=before, keep_newest=keep_newest)
    return ExpiryReport(conversations=conversations, snapshots=snapshots, journals=journals, spared=tuple(spared))


@dataclass(frozen=True, slots=True)
class _Going:
    snapshots: int
    journals: int
    is_all: bool


def _going(contents: Contents, before: datetime, keep_newest: int) -> _Going | None:
    """What `Store.forget` takes of a conversation, `None` for nothing; all of it, if only grants would be left."""
    newest_first = sorted(contents.snapshots, key=lambda record: record.created_at, reverse=True)
    snapshots = [record for record in newest_first[keep_newest:] if record.created_at < before]
    written = sorted(_last_written(contents.entries).items(), key=lambda item: item[1], reverse=True)
    journals = [key for key, at in written[keep_newest:] if at < before]
    if not snapshots and not journals:
        return None
    left = [key for key, _ in written if key not in journals and not is_of_grants(key)]
    is_all = len(snapshots) == len(contents.snapshots) and not left
    return _Going(len(snapshots), len(written) if is_all else len(journals), is_all)


def _last_written(entries: Sequence[JournalRecord]) -> dict[CellKey, datetime]:
    return {key: max(record.written_at for record in records) for key, records in by_journal(entries).items()}


async def _unfinished(
    store: Store, contents: Contents, keyring: Keyring, before: datetime | None
) -> SparedConversation | None:
    """The unfinished cell that was written to last, if it spares its conversation."""
    written = _last_written(contents.entries)
    left_a_state = {(record.cell_id, record.code_digest) for record in contents.snapshots}
    cells = await cells_in(store, replace(contents, snapshots=()), keyring)
    conversation: ConversationKey
    (conversation,) = {key.conversation for key in written}

    def last_written(cell: PastCell) -> datetime:
        return written[conversation.cell(cell.cell_id, cell.code_digest)]

    unfinished = [
        cell
        for cell in cells
        if cell.is_unfinished and not (cell.status == 'queued' and (cell.cell_id, cell.code_digest) in left_a_state)
    ]
    newest = max(unfinished, key=last_written, default=None)
    if newest is None or (before is not None and last_written(newest) < before):
        return None
    return SparedConversation(
        **conversation._asdict(),
        cell_id=newest.cell_id,
        status=newest.status,
        last_written_at=last_written(newest),
    )
