"""The secrets that seal snapshots: sealed with the newest, opened with any that is configured.

A secret never leaves this file: others get a `Key` that signs, and the short id that tells an unknown key from a
broken seal. Where secrets come from is in `secrets.py`.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from ..errors import SettingsError

KEY_ID_BYTES: Final = 8
SEAL_BYTES: Final = 32
"""An HMAC-SHA256."""
MINIMUM_SECRET_BYTES: Final = 16
HOW_TO_ADD_A_KEY: Final = (
    'Give the secret that it was sealed with behind the newest one: in secret, in GRAIL_SECRET, or in the key file '
    'beside the database.'
)


@dataclass(frozen=True, slots=True)
class Key:
    """One key, derived from one secret. Its `repr` shows the id only."""

    id: bytes
    """Tells keys apart and tells nothing of the secret; stands in the open in every snapshot."""
    _secret: bytes = field(repr=False)

    def sign(self, data: bytes | memoryview) -> bytes:
        """The seal of `data`: `SEAL_BYTES` of HMAC-SHA256."""
        return hmac.digest(self._secret, data, 'sha256')

    def fits(self, seal: bytes, data: bytes | memoryview) -> bool:
        """Whether `seal` is the one of `data`, in a time that does not depend on how wrong it is."""
        return hmac.compare_digest(seal, self.sign(data))


class Keyring:
    """An ordered set of keys.

    Args:
        secrets: One secret or several, the newest first. Text is taken as UTF-8.

    Raises:
        SettingsError: When there is none, or one is shorter than `MINIMUM_SECRET_BYTES`.
    """

    def __init__(self, secrets: str | bytes | Sequence[str | bytes]) -> None:
        several: list[Any] = [secrets] if isinstance(secrets, str | bytes) else [*_each(secrets)]
        if not all(isinstance(secret, str | bytes) for secret in several):
            raise SettingsError('A secret is text or bytes, or several of them, the newest first.')
        if not several:
            raise SettingsError('A keyring needs at least one secret.')
        self._keys = {key.id: key for key in map(_key, several)}

    @property
    def newest(self) -> Key:
        """The key to seal with."""
        return next(iter(self._keys.values()))

    def find(self, key_id: bytes) -> Key | None:
        """The key of this id, if it is configured."""
        return self._keys.get(key_id)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys.values())

    def __len__(self) -> int:
        return len(self._keys)

    def __repr__(self) -> str:
        return f'Keyring({", ".join(key.id.hex() for key in self)})'


def _each(secrets: Any) -> Sequence[Any]:
    return cast('Sequence[Any]', secrets) if isinstance(secrets, Sequence) else [secrets]


def _key(secret: str | bytes) -> Key:
    raw = secret.encode() if isinstance(secret, str) else bytes(secret)
    if len(raw) < MINIMUM_SECRET_BYTES:
        raise SettingsError(
            f'A secret of {len(raw)} bytes is too short to seal anything: give at least {MINIMUM_SECRET_BYTES}, '
            "for example from `python -c 'import secrets; print(secrets.token_urlsafe(32))'`."
        )
    # Two values for two purposes, so that the id, which everyone sees, says nothing about the key.
    return Key(
        hmac.digest(raw, b'pydantic-ai-grail: key id', 'sha256')[:KEY_ID_BYTES],
        hmac.digest(raw, b'pydantic-ai-grail: snapshot seal', 'sha256'),
    )
