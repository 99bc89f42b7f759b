"""Between a store and the sandbox: a record is opened only if its seal and its header say that it is what was wanted.

The columns a record was found by are the store's word and prove nothing; the sealed header does.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import SnapshotMismatch, SnapshotTampered, SnapshotVersionMismatch
from ..stores.base import SnapshotRecord
from .envelope import Header, open_sealed, snapshot_name
from .keyring import Keyring


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a record was asked for by; `None` where anything goes. Whose it is always counts."""

    owner: str
    conversation_id: str | None = None
    cell_id: str | None = None
    code_digest: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opener:
    """What a record must fit to be opened."""

    keyring: Keyring
    monty_version: str
    max_dump_bytes: int

    def open(self, record: SnapshotRecord, wanted: Wanted) -> tuple[Header, bytes]:
        """The header and the dump in a record. CPU-bound: 2 ms per megabyte of dump.

        Raises:
            SnapshotError: When it must not be loaded; the subclass says why.
        """
        header, dump = open_sealed(record.data, self.keyring, max_dump_bytes=self.max_dump_bytes)
        if snapshot_name(record.data) != (wanted.name or record.name):
            raise SnapshotTampered(f'Snapshot {record.name!r} holds another snapshot than the one of that name.')
        if header.owner != wanted.owner:  # whose it is is not told
            raise SnapshotMismatch(
                f'Snapshot {record.name!r} was sealed for another owner than the one it turned up with.'
            )
        for what in ('conversation_id', 'cell_id', 'code_digest'):
            expected, sealed = getattr(wanted, what), getattr(header, what)
            if expected is not None and expected != sealed:
                raise SnapshotMismatch(
                    f'Snapshot {record.name!r} was sealed with {what} {sealed!r} and turned up where {what} {expected!r} '
                    'was asked for: it belongs to another conversation or cell, or the history was edited.'
                )
        if header.monty_version != self.monty_version:
            raise SnapshotVersionMismatch(
                f'Snapshot {record.name!r} was written by Monty {header.monty_version}; this is Monty '
                f'{self.monty_version}, which cannot read it.'
            )
        return header, dump
