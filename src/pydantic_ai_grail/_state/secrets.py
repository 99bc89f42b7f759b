"""Where the snapshot secret comes from when nobody gave one.

The option comes first, then the environment variable `GRAIL_SECRET`, then what fits the store's reach: a random secret
for a store in this process, a file beside a store on this machine, and a refusal for a store on a network, where
another machine would have to know the secret too.
"""

from __future__ import annotations

import logging
import os
import secrets as randomness
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from ..errors import SettingsError
from ..stores.base import Store
from .keyring import Keyring

_LOG: Final = logging.getLogger('pydantic_ai_grail')
VARIABLE: Final = 'GRAIL_SECRET'
"""Secrets separated by commas, the newest first."""


def keyring_for(
    store: Store,
    secret: str | bytes | Sequence[str | bytes] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
) -> Keyring:
    """The keys that seal what goes into `store`.

    May create the key file beside a store on this machine: once, with mode 0600, safe against other processes that do
    the same at the same time.

    Raises:
        SettingsError: When a secret is too short, a key file is readable by others or cannot be had, or there is no
            secret and the store is one that needs one.
    """
    if secret is not None:
        return Keyring(secret)
    given = (os.environ if environment is None else environment).get(VARIABLE)
    if given is not None:
        parts = [part for part in map(str.strip, given.split(',')) if part]
        if not parts:
            raise SettingsError(f'The environment variable {VARIABLE} is empty. Give it a secret, or unset it.')
        return Keyring(parts)
    if store.reach == 'process':
        return Keyring(_process_secret())
    if store.reach == 'machine' and store.path is not None:
        return Keyring(read_or_create(store.path.with_name(store.path.name + '.key'), beside=store.path))
    raise SettingsError(
        f'{store!r} is shared, so its snapshots must be sealed with a secret that all who use it know: '
        f'give secret=..., or set {VARIABLE}.'
    )


def read_or_create(path: Path, *, beside: Path | None = None) -> list[str]:
    """The secrets in a key file, one a line, the newest first; a new file with one secret if there is none, which is logged.
    `beside` is the database whose key it is.

    Raises:
        SettingsError: When others may read the file, it holds no secret, or it cannot be read or made.
    """
    try:
        if not path.exists() and _create(path):
            _say_so(path, beside)
        return _read(path)
    except OSError as error:
        if not path.parent.is_dir():
            raise SettingsError(
                f'There is no directory {str(path.parent)!r}: make it first, or correct the path.'
            ) from error
        raise SettingsError(f'No secret can be kept in {str(path)!r} ({error}). Give secret=...') from error


def _say_so(path: Path, beside: Path | None) -> None:
    if beside is not None and beside.exists():
        _LOG.warning(
            'The database %s had no key file, so %s was made. What another key has sealed in there cannot be opened; if you '
            'have that key, put it there.',
            beside,
            path,
        )
    else:
        _LOG.warning('The key file %s was made. Keep it with the database, which cannot be read without it.', path)


def _read(path: Path) -> list[str]:
    with path.open() as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if os.name == 'posix' and mode & 0o077:
            raise SettingsError(
                f'The key file {str(path)!r} has mode {mode:04o}, so others on this machine can read or change it. '
                f'Make it private (chmod 600 {path}) and, if it was read, replace the secret in it.'
            )
        lines = [line for line in map(str.strip, file) if line]
    if not lines:
        raise SettingsError(f'The key file {str(path)!r} is empty. Delete it to get a new one.')
    return lines


def _create(path: Path) -> bool:
    """Make a key file that appears complete or not at all; False if another process was first, whose file stays."""
    draft = path.with_name(f'{path.name}.{randomness.token_hex(8)}')
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, 'w') as file:
            file.write(randomness.token_urlsafe(32) + '\n')
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
            return True
        return False
    finally:
        draft.unlink()


@cache
def _process_secret() -> bytes:
    return randomness.token_bytes(32)
