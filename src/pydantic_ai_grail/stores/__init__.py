"""Where snapshots live: the contract and its implementations.

`SqlStore` needs the extra `sql` and is imported when it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import BegunCell, CellKey, Claim, JournalRecord, Reach, SnapshotRecord, Store
from .memory import MemoryStore

if TYPE_CHECKING:
    from .sql import SqlStore

__all__ = [
    'BegunCell',
    'CellKey',
    'Claim',
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
