"""The commands, each a few calls of the library and what to say of their results."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import anyio
from pydantic import ValidationError
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter

from .._common.ownership import named_owner, named_owners
from ..admin.archive import export_conversation, import_conversation
from ..admin.forking import fork_conversation
from ..admin.inspection import (
    LiveGrant,
    StoredWaitingCall,
    UnfinishedCell,
    list_cells,
    list_grants,
    list_unfinished_cells,
    waiting_among,
)
from ..admin.retention import delete_expired
from ..errors import JournalError, StoreError
from ..stores.base import ALL_OWNERS, AllOwners, Contents
from .output import expired_text, shown_text, unfinished_text, unreadable_text, waiting_text
from .parser import STORE_VARIABLE
from .plain import many, moment, printable, size, table

if TYPE_CHECKING:
    from ..stores import SqlStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command says, for people and for programs."""

    text: str
    data: Any
    is_fine: bool = True
    note: str = ''
    """What is told beside the answer, on standard error."""


async def answer(given: Namespace) -> Answer:
    """Do a command.

    Raises:
        GrailError, OSError, ImportError: When it cannot be done.
    """
    from ..stores import SqlStore  # needs the extra `sql`, so that its lack is told like any other failure

    async with aclosing(SqlStore(given.store)) as store:
        if given.command != 'import-conversation' and not await store.exists():
            raise StoreError(
                f'{store!r} is not there, or no agent has used it. Nothing was made. Look at --store or {STORE_VARIABLE}.'
            )
        return await _COMMANDS[given.command](store, given)


def _owners(given: Namespace) -> str | AllOwners | None:
    """Whose conversations are listed."""
    return ALL_OWNERS if given.all_owners else given.owner


async def _conversations(store: SqlStore, given: Namespace) -> Answer:
    found = await store.conversations(owner=named_owners(_owners(given)), limit=given.limit + 1)
    note = f'there are more than {given.limit}; see --limit.' if len(found) > given.limit else ''
    found = found[: given.limit]
    rows = [
        (
            *([printable(each.owner)] if given.all_owners else []),
            printable(each.conversation_id),
            str(each.snapshots),
            str(each.entries),
            size(each.size_bytes),
            moment(each.newest_at),
        )
        for each in found
    ]
    whose = ('OWNER',) if given.all_owners else ()
    head = (*whose, 'CONVERSATION', 'STATES', 'ENTRIES', 'SIZE', 'LAST WRITTEN')
    right = range(len(whose) + 1, len(whose) + 4)
    text = table([head, *rows], right=right) if rows else '' if note else _none(given)
    return Answer(text=text, data=found, note=note)


def _meant(given: Namespace) -> str:
    """Whose conversations an empty answer is about: it must not pass for one about all."""
    if given.all_owners:
        return ''
    if given.owner is not None:
        return f' in the conversations of {printable(given.owner)}'
    return ' in conversations without an owner; those of owners are listed with --owner or --all-owners'


def _none(given: Namespace) -> str:
    if given.owner is None and not given.all_owners:
        return 'There are none without an owner. Those of owners are listed with --owner or --all-owners.'
    return 'There are none.'


async def _contents(store: SqlStore, given: Namespace) -> Contents:
    """What there is of the conversation that is asked for.

    Raises:
        StoreError: When that is nothing.
    """
    contents = await store.contents(given.conversation, owner=named_owner(given.owner))
    if not contents.snapshots and not contents.entries:
        raise _nothing_of(store, given)
    return contents


def _nothing_of(store: SqlStore, given: Namespace) -> StoreError:
    if given.owner is None:
        what = f"conversation {given.conversation!r} without an owner. If it is somebody's, give --owner"
    else:
        what = f'conversation {given.conversation!r} of owner {given.owner!r}'
    return StoreError(f'{store!r} has nothing of {what}. "list-conversations" lists them.')


async def _show(store: SqlStore, given: Namespace) -> Answer:
    cells = await list_cells(store, given.conversation, owner=given.owner, include_content=not given.no_content)
    if not cells:
        raise _nothing_of(store, given)
    grants = list[LiveGrant]()
    if not given.no_content:
        with suppress(JournalError):  # it is among the cells, as one that is not to be trusted
            grants = await list_grants(store, given.conversation, owner=given.owner)
    return Answer(
        text=shown_text(cells, grants),
        data={'conversation_id': given.conversation, 'cells': cells, 'grants': grants},
        is_fine=all(cell.problem is None for cell in cells),
    )


async def _waiting(store: SqlStore, given: Namespace) -> Answer:
    unfinished = await list_unfinished_cells(store, owner=_owners(given), include_content=not given.no_content)
    found, unreadable = waiting_among(unfinished), [each for each in unfinished if each.cell.status is None]
    data = [
        {
            **_whose(each),
            'conversation_id': each.conversation_id,
            'cell_id': each.cell.cell_id,
            'code': each.cell.code,
            'since': each.since,
            'is_passed': each.is_passed,
            'call': each.call,
        }
        for each in found
    ]
    parts = [waiting_text(found) or f'No call waits{_meant(given)}.'] if found or not unreadable else []
    if unreadable:
        parts.append(unreadable_text(unreadable))
    return Answer(
        text='\n\n'.join(parts),
        data={'waiting': data, 'unreadable': [_as_data(each) for each in unreadable]},
        is_fine=not unreadable,
    )


async def _unfinished(store: SqlStore, given: Namespace) -> Answer:
    found = await list_unfinished_cells(store, owner=_owners(given), include_content=not given.no_content)
    return Answer(
        text=unfinished_text(found) or f'Every cell came to its end{_meant(given)}.',
        data=[_as_data(each) for each in found],
        is_fine=all(each.cell.problem is None for each in found),
    )


def _whose(found: UnfinishedCell | StoredWaitingCall) -> Mapping[str, Any]:
    return {'owner': found.owner} if found.owner else {}


def _as_data(unfinished: UnfinishedCell) -> Mapping[str, Any]:
    return {
        **_whose(unfinished),
        'conversation_id': unfinished.conversation_id,
        'is_passed': unfinished.is_passed,
        'cell': unfinished.cell,
    }


async def _fork(store: SqlStore, given: Namespace) -> Answer:
    await _contents(store, given)
    history = await _history(given.history)
    written = anyio.Path(given.new_history)
    try:
        file = await written.open('xb')
    except FileExistsError as error:
        raise StoreError(f'{_there_already(given.new_history)}.') from error
    async with file:
        try:
            messages = await fork_conversation(
                store,
                given.conversation,
                new_id=given.new_id,
                history=history,
                owner=given.owner,
                new_owner=given.new_owner,
            )
            await file.write(ModelMessagesTypeAdapter.dump_json(messages))
        except BaseException:
            await written.unlink()
            raise
    text = f'Conversation {given.new_id!r} continues with {str(given.new_history)!r}.'
    return Answer(text=text, data={'conversation_id': given.new_id, 'history': str(given.new_history)})


def _there_already(path: Path) -> str:
    return f'{str(path)!r} is there already, and was left as it is. Name another file'


async def _history(path: Path) -> list[ModelMessage]:
    try:
        return ModelMessagesTypeAdapter.validate_json(await anyio.Path(path).read_bytes())
    except ValidationError as error:
        raise StoreError(f'{str(path)!r} is no message history, as all_messages_json() gives it.') from error


async def _expire(store: SqlStore, given: Namespace) -> Answer:
    expired = await delete_expired(
        store,
        older_than=given.older_than,
        owner=_owners(given),
        keep_newest=given.keep_newest,
        unfinished_older_than=given.unfinished_older_than,
        dry_run=given.dry_run,
    )
    unreadable = sum(each.status is None for each in expired.spared)
    return Answer(
        text=expired_text(expired, dry_run=given.dry_run),
        data={**asdict(expired), 'dry_run': given.dry_run},
        is_fine=not unreadable,
        note=f'{many(unreadable, "conversation")} could not be read, so all of it was kept: "list-cells" says why.'
        if unreadable
        else '',
    )


async def _forget(store: SqlStore, given: Namespace) -> Answer:
    whose = named_owner(given.owner)
    contents = await _contents(store, given)
    if not given.force:
        await _refuse_unfinished(store, given)
    await store.forget(owner=whose, conversation_id=given.conversation)
    states, entries = len(contents.snapshots), len(contents.entries)
    return Answer(
        text=f'Forgot {many(states, "state")} and {many(entries, "journal record")}.',
        data={'snapshots': states, 'entries': entries},
    )


async def _refuse_unfinished(store: SqlStore, given: Namespace) -> None:
    cells = await list_cells(store, given.conversation, owner=given.owner, include_content=False)
    unfinished = [cell for cell in cells if cell.is_unfinished]
    if unfinished:
        statuses = ', '.join(dict.fromkeys(cell.status or 'unreadable' for cell in unfinished))
        why = next((f'{cell.problem} ' for cell in unfinished if cell.problem is not None), '')
        raise StoreError(
            f'Conversation {given.conversation!r} has {many(len(unfinished), "cell")} that came to no end ({statuses}): '
            f'what waits there could not be decided any more. Nothing was forgotten. {why}See "list-cells", or give --force.'
        )


async def _vacuum(store: SqlStore, given: Namespace) -> Answer:
    freed = await store.vacuum()
    text = (
        'Claims that ended are gone. PostgreSQL uses the room of what was forgotten again by itself.'
        if store.path is None
        else f'The file is {size(freed)} smaller.'
    )
    return Answer(text=text, data={'freed_bytes': freed})


async def _export(store: SqlStore, given: Namespace) -> Answer:
    await _contents(store, given)
    try:
        records = await export_conversation(
            store, given.conversation, given.file, owner=given.owner, overwrite=given.force
        )
    except FileExistsError as error:
        raise StoreError(f'{_there_already(given.file)}, or give --force.') from error
    return Answer(
        text=f'Wrote {many(records, "record")} to {str(given.file)!r}, sealed as they are.',
        data={'records': records, 'file': str(given.file)},
    )


async def _import(store: SqlStore, given: Namespace) -> Answer:
    conversation_id = await import_conversation(store, given.file, owner=given.owner)
    return Answer(text=f'Took in conversation {conversation_id!r}.', data={'conversation_id': conversation_id})


_COMMANDS: Final[Mapping[str, Callable[[SqlStore, Namespace], Awaitable[Answer]]]] = {
    'list-conversations': _conversations,
    'list-cells': _show,
    'list-waiting-calls': _waiting,
    'list-unfinished-cells': _unfinished,
    'fork-conversation': _fork,
    'delete-expired': _expire,
    'delete-conversation': _forget,
    'vacuum': _vacuum,
    'export-conversation': _export,
    'import-conversation': _import,
}
