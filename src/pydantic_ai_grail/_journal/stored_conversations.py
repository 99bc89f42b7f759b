"""What a store has of a conversation, opened to be looked at: seals and places are checked, nothing is loaded or claimed.

Unlike `_cell/instructions.py` this reads states of any version of Monty, since only their headers are wanted.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from .._state.envelope import Header, open_sealed, snapshot_name
from .._state.keyring import Keyring
from .._state.secrets import VARIABLE, keyring_for
from ..errors import SettingsError, SnapshotMismatch, SnapshotTampered
from ..events.journal_entries import Entry
from ..stores.base import CellKey, JournalRecord, SnapshotRecord, Store
from .cell_journal import Journals
from .reached import is_of_grants

_LARGEST_DUMP_BYTES: Final = 1024 * 1024 * 1024
"""Whoever looks does not know the cap that the agent had."""


def keyring_to_read(store: Store, secret: str | bytes | Sequence[str | bytes] | None = None) -> Keyring:
    """The keys that `store` was sealed with, from where an agent has them; a key file is never made.

    Raises:
        SettingsError: When there is none, or it is not fit for use.
    """
    if secret is None and VARIABLE not in os.environ and store.path is not None:
        path = store.path.with_name(store.path.name + '.key')
        if not path.exists():
            raise SettingsError(f'There is no key file {str(path)!r}. Set {VARIABLE} to the secret that the agent has.')
        if not os.access(path, os.R_OK):
            raise SettingsError(
                f'The key file {str(path)!r} is not to be read by this user. Read it as the user of the agent, or set '
                f'{VARIABLE} to what it holds.'
            )
    return keyring_for(store, secret)


def opened_snapshot(record: SnapshotRecord, keyring: Keyring) -> tuple[Header, bytes]:
    """The header and the dump of a state that is what the store says. CPU-bound: 2 ms per megabyte of dump.

    Raises:
        SnapshotError: When it is not, or cannot be read.
    """
    header, dump = open_sealed(record.data, keyring, max_dump_bytes=_LARGEST_DUMP_BYTES)
    if snapshot_name(record.data) != record.name:
        raise SnapshotTampered(f'Snapshot {record.name!r} holds another snapshot than the one of that name.')
    for what in ('owner', 'conversation_id', 'cell_id', 'code_digest'):
        if getattr(header, what) != getattr(record, what):
            raise SnapshotMismatch(
                f'Snapshot {record.name!r} was sealed with {what} {getattr(header, what)!r} and is stored under '
                f'{getattr(record, what)!r}.'
            )
    return header, dump


def opened_journal(key: CellKey, records: Sequence[JournalRecord], journals: Journals) -> tuple[Entry, ...]:
    """The entries of one journal.

    Raises:
        JournalTampered: When an entry does not fit its seal, its number or its place, or cannot come where it stands.
    """
    journal = journals.new(key)
    journal.read(records)
    if not is_of_grants(key):
        journal.state()
    return tuple(journal.entries)


def by_journal(records: Sequence[JournalRecord]) -> Mapping[CellKey, Sequence[JournalRecord]]:
    """The entries of a conversation, journal by journal."""
    found: dict[CellKey, list[JournalRecord]] = defaultdict(list)
    for record in records:
        found[record.key].append(record)
    return found
