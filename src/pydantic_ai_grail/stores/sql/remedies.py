"""What to do where a database does not do its part. Told by the codes of its errors, never by their words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

_MUST_WRITE: Final = (
    'Whoever uses the store must be allowed to write to the file and to its folder: use it as the user of the agent.'
)
_SQLITE: Final = {
    sqlite3.SQLITE_BUSY: 'Another process is writing to the file: try again.',
    sqlite3.SQLITE_LOCKED: 'Another process is writing to the file: try again.',
    sqlite3.SQLITE_CORRUPT: 'The file is damaged: take it from a backup, or see what "sqlite3 FILE .recover" still reads of a copy.',
    sqlite3.SQLITE_NOTADB: 'The file is something else: look at the path in the URL of the store.',
    sqlite3.SQLITE_READONLY: _MUST_WRITE,
    sqlite3.SQLITE_PERM: _MUST_WRITE,
    sqlite3.SQLITE_CANTOPEN: f'Look at the path in the URL of the store. {_MUST_WRITE}',
    sqlite3.SQLITE_FULL: 'The disk is full: make room.',
}
"""By primary result code."""
_SQLSTATE: Final = {
    '28': 'Look at the user and the password in the URL of the store.',
    '3D': 'Look at the name of the database in the URL of the store.',
    '42': 'The user in the URL of the store may not do this: give it rights on the tables of the agent.',
    '53': 'The server is out of connections, memory or room: try again.',
    '57': 'The server is starting or ending: try again.',
}
"""By class."""
_NOBODY_ANSWERS: Final = (
    'Look at host and port in the URL of the store, and whether the server runs and can be reached from here.'
)
_NO_RIGHTS: Final = 'Use the store as the user of the agent.'


def remedy(error: BaseException) -> str:
    """What to do, as a sentence; empty where the error says it, or where nothing is known to help."""
    return next((text for text in map(_of_one, _causes(error)) if text), '')


def _of_one(error: BaseException) -> str:
    code, state = getattr(error, 'sqlite_errorcode', None), getattr(error, 'sqlstate', None)
    if isinstance(code, int):
        return _SQLITE.get(code & 0xFF, '')
    if isinstance(state, str):
        return _SQLSTATE.get(state[:2], '')
    if isinstance(error, PermissionError):
        return _NO_RIGHTS
    # an address that cannot be resolved is an `OSError` of no class of its own, without an errno of files
    is_of_network = isinstance(error, TimeoutError | ConnectionError) or type(error).__module__ == 'socket'
    return _NOBODY_ANSWERS if is_of_network else ''


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came from, the first cause last."""
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__
