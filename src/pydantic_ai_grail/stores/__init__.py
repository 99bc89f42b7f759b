"""Where snapshots live: the contract and its implementations.

`SqlStore` needs the extra `sql` and is imported when it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import (
    ALL_OWNERS,
    NO_OWNER,
    AllOwners,
    BegunCell,
    CellKey,
    Claim,
    ConversationKey,
    JournalRecord,
    Reach,
    SnapshotRecord,
    Store,
)
from .memory import MemoryStore

if TYPE_CHECKING:
    from .sql import SqlStore

__all__ = [
    'ALL_OWNERS',
    'NO_OWNER',
    'AllOwners',
    'BegunCell',
    'CellKey',
    'Claim',
    'ConversationKey',
    'JournalRecord',
    'MemoryStore',
    'Reach',
    'SnapshotRecord',
    'SqlStore',
    'Store',
]


def __getattr__(name: str) -> object:
    if name == 'SqlStore':
        from .sql import SqlStore

        return SqlStore
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
