"""A conversation as one file: everything a store has of it, sealed as it is, to keep or to take to another store.

The file is a zip archive: `conversation.json` and one member for each snapshot and journal entry. It opens only where the
secret is that sealed it. Message histories are the application's, and are not in it.
"""

from __future__ import annotations

import os
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from secrets import token_hex
from typing import Annotated, Any, Final, Literal, TypeAlias

import anyio
from anyio import CancelScope
from anyio.to_thread import run_sync
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict

from .._common.argument_checks import check_flag, check_store, check_text
from .._common.identifiers import problem_with_id
from .._common.ownership import named_owner
from ..errors import OwnerError, SettingsError, StoreError
from ..stores.base import (
    LONGEST_AGE,
    NO_OWNER,
    CellKey,
    Claim,
    Contents,
    ConversationKey,
    JournalRecord,
    SnapshotRecord,
    Store,
)

FORMAT: Final[Literal[1]] = 1
_INDEX: Final = 'conversation.json'
_HOLDER: Final = 'import'


async def export_conversation(
    store: Store, conversation_id: str, path: Path | str, *, owner: str | None = None, overwrite: bool = False
) -> int:
    """Write a conversation to a file, and return how many snapshots and journal entries that were. The file is there whole
    or not at all.

    Args:
        store: Where it is.
        conversation_id: The conversation.
        path: The file.
        owner: Whose conversation, as `CodeMode(owner=...)` had it; `None` for what agents without it have kept.
        overwrite: Whether a file that is there is replaced.

    Raises:
        OwnerError: When `owner` is no name for one.
        StoreError: When the store has nothing of it, or failed.
        SettingsError: When an argument cannot be right.
        FileExistsError: When the file is there, and `overwrite` is not set.
        OSError: When it cannot be written.
    """
    check_store(store)
    check_text('conversation_id', conversation_id)
    check_flag('overwrite', overwrite)
    _see_that_path(path)
    if not overwrite and await anyio.Path(path).exists():
        raise FileExistsError(
            f'{str(path)!r} is there already. Name another file, or say that it is to be overwritten.'
        )
    conversation = ConversationKey(named_owner(owner), conversation_id)
    contents = await store.contents(conversation_id, owner=conversation.owner)
    if not contents.snapshots and not contents.entries:
        raise StoreError(f'{store!r} has nothing of conversation {conversation_id!r}.')
    try:
        index = _index_of(conversation, contents)
    except ValueError as error:
        raise StoreError(
            f'{store!r} holds something of conversation {conversation_id!r} that no agent has written: {error}'
        ) from error
    packed = BytesIO()
    with zipfile.ZipFile(packed, 'w') as archive:
        archive.writestr(_INDEX, index.model_dump_json(indent=1, exclude_defaults=True))
        for number, snapshot in enumerate(contents.snapshots):
            archive.writestr(f'snapshots/{number}', snapshot.data)
        for number, entry in enumerate(contents.entries):
            archive.writestr(f'entries/{number}', entry.data)
    await run_sync(_write_privately, Path(path), packed.getvalue(), overwrite)
    return len(index.snapshots) + len(index.entries)


def _see_that_path(path: Any) -> None:
    if not isinstance(path, str | Path):
        raise SettingsError(f'path is a file, as text or a Path, got {path!r}.')


def _index_of(conversation: ConversationKey, contents: Contents) -> _Index:
    if not all(isinstance(each.data, bytes) for each in (*contents.snapshots, *contents.entries)):  # pyright: ignore[reportUnnecessaryIsInstance]  # the store's word is not trusted
        raise ValueError('not all of it is bytes')
    snapshots = [
        _Snapshot(
            name=each.name,
            cell_id=each.cell_id,
            code_digest=each.code_digest,
            parent=each.parent,
            created_at=each.created_at,
        )
        for each in contents.snapshots
    ]
    entries = [
        _Entry(
            cell_id=each.key.cell_id, code_digest=each.key.code_digest, number=each.number, written_at=each.written_at
        )
        for each in contents.entries
    ]
    return _Index(format=FORMAT, **conversation._asdict(), snapshots=snapshots, entries=entries)


async def import_conversation(store: Store, path: Path | str, *, owner: str | None = None) -> str:
    """Take a conversation from a file into a store that does not have it, and return its id.

    What is sealed stays sealed, to its owner too; it is checked when it is used, as everything that comes out of a store.
    `fork_conversation` gives a copy of it to somebody else.

    Args:
        store: Where it is to be.
        path: The file.
        owner: Whose conversation it is. It is never taken from the file alone.

    Raises:
        OwnerError: When `owner` is no name for one, or the conversation in the file is another one's.
        SettingsError: When an argument cannot be right.
        StoreError: When the file is no such archive, or the store has something of the conversation already, or failed.
        OSError: When the file cannot be read.
    """
    check_store(store)
    _see_that_path(path)
    whose = named_owner(owner)
    try:
        with zipfile.ZipFile(BytesIO(await anyio.Path(path).read_bytes())) as archive:
            if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
                raise zipfile.BadZipFile('its members are compressed, which those of an export are not')
            index = _Index.model_validate_json(archive.read(_INDEX))
            snapshots = [archive.read(f'snapshots/{number}') for number in range(len(index.snapshots))]
            entries = [archive.read(f'entries/{number}') for number in range(len(index.entries))]
    except _DAMAGED as error:
        raise StoreError(f'{str(path)!r} is no exported conversation: {error}') from error
    if index.owner != whose:
        raise OwnerError(f"The conversation in {str(path)!r} is another owner's. Say whose it is with owner=...")
    there = await store.contents(index.conversation_id, owner=index.owner)
    if there.snapshots or there.entries:
        raise StoreError(f'{store!r} has something of conversation {index.conversation_id!r} already. Forget it first.')
    try:
        await _take_in(store, index, snapshots, entries)
    except BaseException:
        with CancelScope(shield=True):
            await store.forget(owner=index.owner, conversation_id=index.conversation_id)
        raise
    return index.conversation_id


async def _take_in(store: Store, index: _Index, snapshots: Sequence[bytes], entries: Sequence[bytes]) -> None:
    for snapshot, data in zip(index.snapshots, snapshots, strict=True):
        await store.save(
            SnapshotRecord(owner=index.owner, conversation_id=index.conversation_id, data=data, **dict(snapshot))
        )
    journals: dict[CellKey, list[JournalRecord]] = defaultdict(list)
    for entry, data in zip(index.entries, entries, strict=True):
        key = CellKey(index.owner, index.conversation_id, entry.cell_id, entry.code_digest)
        journals[key].append(JournalRecord(key=key, number=entry.number, written_at=entry.written_at, data=data))
    now = datetime.now(UTC)
    for records in journals.values():
        claim = Claim(holder=_HOLDER, until=now + timedelta(minutes=1))
        await store.append(records, claim=claim, now=now, release=True)


def _write_privately(path: Path, data: bytes, overwrite: bool) -> None:
    """For its owner alone: what is sealed cannot be changed, but read it can be."""
    written = path.with_name(f'.{path.name}.{token_hex(4)}')
    try:
        with open(written, 'xb', opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(data)
        if overwrite:
            written.replace(path)
        else:
            path.hardlink_to(written)  # fails where somebody was first
    finally:
        written.unlink(missing_ok=True)


_DAMAGED: Final = (zipfile.BadZipFile, KeyError, ValueError, EOFError, NotImplementedError, RuntimeError, OverflowError)
"""What `zipfile` and Pydantic raise over a file of anybody's."""


def _in_utc(at: datetime) -> datetime:
    """Raises `ValueError` for a time that has none in UTC, or that no database knows."""
    try:
        found = at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f'{at} is at the end of time') from error
    if not _EPOCH <= found < _EPOCH + 2 * LONGEST_AGE:
        raise ValueError(f'{at} is not a time at which anything was stored')
    return found


def _as_id(id: str) -> str:
    problem = problem_with_id(id)
    if problem is not None:
        raise ValueError(problem)
    return id


Id: TypeAlias = Annotated[str, AfterValidator(_as_id)]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
Moment: TypeAlias = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class _Stored(BaseModel):
    model_config = ConfigDict(extra='forbid', frozen=True)


class _Snapshot(_Stored):
    name: str
    cell_id: Id
    code_digest: str
    parent: str | None
    created_at: Moment


class _Entry(_Stored):
    cell_id: Id
    code_digest: str
    number: int
    written_at: Moment


class _Index(_Stored):
    format: Literal[1]
    owner: str = NO_OWNER
    """Files of before there were owners name none."""
    conversation_id: Id
    snapshots: list[_Snapshot]
    entries: list[_Entry]
