"""A copy of a conversation that stands on its own.

An application's fork needs no copy: run the agent with the history and a new `conversation_id`, and what lies before the
fork is found where it is. But then the fork needs the original, for as long as its history names it. A copy does not:
the original may be forgotten, or the copy exported and the original left where it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from anyio import CancelScope
from anyio.to_thread import run_sync
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelRequestPart, ModelResponse, ToolReturnPart

from .._common.argument_checks import check_store, check_text
from .._common.ownership import named_owner, new_conversation
from .._journal.reached import is_of_grants
from .._journal.stored_conversations import by_journal, keyring_to_read, opened_journal, opened_snapshot
from .._state.envelope import seal, snapshot_name
from .._state.keyring import Keyring
from ..errors import SettingsError, StoreError
from ..events.calls import METADATA_KEY, STATE_KEY
from ..stores.base import Contents, ConversationKey, SnapshotRecord, Store
from .inspection import Secret
from .past_cells import journals_of


async def fork_conversation(
    store: Store,
    conversation_id: str,
    *,
    new_id: str,
    history: Sequence[ModelMessage],
    owner: str | None = None,
    new_owner: str | None = None,
    secret: Secret | None = None,
) -> list[ModelMessage]:
    """Copy a conversation to a new id, sealed again, and return the history that continues with the copy.

    The copy has the states and the cells of the original, also those that wait; what had run is not run again in either,
    what is decided in both runs in both. It has none of the grants. What the original was itself forked from, if it was,
    stays where it is.

    Args:
        store: Where both are.
        conversation_id: The original. It stays as it is.
        new_id: The copy. It may be called the same where it has another owner.
        history: The messages of the original, as the application has them.
        owner: Whose the original is, as `CodeMode(owner=...)` had it; `None` for what agents without it have kept.
        new_owner: Whose the copy is to be. Default: the same one's.
        secret: What seals the store. Default: as for `CodeMode(secret=...)`.

    Raises:
        OwnerError: When an owner is no name for one.
        StoreError: When the store has nothing of the original, something of the copy, or failed.
        SnapshotError, JournalTampered: When something of the original cannot be opened. Nothing is left of the copy.
        SettingsError: When an argument cannot be right, or no secret can be had.
        ConversationIdError: When `new_id` cannot name a conversation.
    """
    check_store(store)
    check_text('conversation_id', conversation_id)
    _see_that_messages(history)
    whose = named_owner(owner)
    copy = new_conversation(owner if new_owner is None else new_owner, new_id)
    contents = await store.contents(conversation_id, owner=whose)
    if not contents.snapshots and not contents.entries:
        raise StoreError(f'{store!r} has nothing of conversation {conversation_id!r}.')
    there = await store.contents(new_id, owner=copy.owner)
    if there.snapshots or there.entries:
        raise StoreError(f'{store!r} has something of conversation {new_id!r} already. Choose another id.')
    keyring = keyring_to_read(store, secret)
    try:
        names = await _copy_snapshots(store, contents, copy, keyring)
        await _copy_journals(store, contents, copy, keyring)
    except BaseException:
        with CancelScope(shield=True):
            await store.forget(owner=copy.owner, conversation_id=new_id)
        raise
    return [_of_the_copy(message, conversation_id, new_id, names) for message in history]


def _see_that_messages(history: Any) -> None:
    given = cast('Sequence[Any]', history)
    if isinstance(history, str | bytes) or not isinstance(history, Sequence):
        wrong = history
    else:
        wrong = next((each for each in given if not isinstance(each, ModelRequest | ModelResponse)), None)
        if wrong is None:
            return
    raise SettingsError(
        'history has the messages of the conversation, as result.all_messages() gives them or '
        f'ModelMessagesTypeAdapter.validate_json() reads them, got {wrong!r:.80}.'
    )


async def _copy_snapshots(
    store: Store, contents: Contents, copy: ConversationKey, keyring: Keyring
) -> Mapping[str, str]:
    """The names of the copies, by those of the originals."""
    names: dict[str, str] = {}
    for record in contents.snapshots:
        copied = await run_sync(_copied, record, copy, names, keyring)
        await store.save(copied)
        names[record.name] = copied.name
    return names


def _copied(
    record: SnapshotRecord, copy: ConversationKey, names: Mapping[str, str], keyring: Keyring
) -> SnapshotRecord:
    header, dump = opened_snapshot(record, keyring)
    parent = None if header.parent is None else names.get(header.parent, header.parent)
    copied = header.model_copy(update={**copy._asdict(), 'parent': parent})
    data = seal(copied, dump, keyring, max_dump_bytes=len(dump))
    return replace(record, name=snapshot_name(data), **copy._asdict(), parent=parent, data=data)


async def _copy_journals(store: Store, contents: Contents, copy: ConversationKey, keyring: Keyring) -> None:
    journals = journals_of(store, keyring)
    for key, records in by_journal(contents.entries).items():
        if is_of_grants(key):
            continue
        entries = opened_journal(key, records, journals)
        journal = journals.new(copy.cell(key.cell_id, key.code_digest))
        try:
            await journal.finish(*entries)
        finally:
            await journal.aclose()


def _of_the_copy(message: ModelMessage, old_id: str, new_id: str, names: Mapping[str, str]) -> ModelMessage:
    id = new_id if message.conversation_id == old_id else message.conversation_id
    if isinstance(message, ModelRequest):
        return replace(message, conversation_id=id, parts=[_renamed(part, names) for part in message.parts])
    return replace(message, conversation_id=id)


def _renamed(part: ModelRequestPart, names: Mapping[str, str]) -> ModelRequestPart:
    """A part whose metadata, if it is a cell's return, has the name of the copied state."""
    metadata = cast('Mapping[str, Any] | None', part.metadata) if isinstance(part, ToolReturnPart) else None  # pyright: ignore[reportUnknownMemberType]  # it is anything
    if not isinstance(metadata, Mapping):
        return part
    key = STATE_KEY if STATE_KEY in metadata else METADATA_KEY
    noted = metadata.get(key)
    if not isinstance(noted, Mapping):
        return part
    cell = cast('Mapping[str, Any]', noted)
    name = cell.get('snapshot')
    return replace(part, metadata={**metadata, key: {**cell, 'snapshot': names.get(name or '', name)}})
