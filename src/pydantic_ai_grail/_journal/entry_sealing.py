"""A journal's entry as the store has it: typed JSON, packed, and sealed to its place in its journal."""

from __future__ import annotations

import zlib
from typing import Final

from .._common.typed_json import from_typed_json, to_typed_json
from .._monty.sizes import LARGE_BYTES, is_large
from .._state.keyring import HOW_TO_ADD_A_KEY, KEY_ID_BYTES, SEAL_BYTES, Keyring
from ..errors import JournalKeyUnknown, JournalTampered
from ..events.journal_entries import CallBegan, CallEnded, CellSuspended, Entry
from .entry_values import entry_of, entry_values

_MAGIC: Final = b'GRAILJ\x01'
_COMPRESS_FROM_BYTES: Final = 512
_MAX_ENTRY_BYTES: Final = 256 * 1024 * 1024


def is_long(entry: Entry) -> bool:
    """Whether to write and seal an entry takes long enough to be another thread's work."""
    match entry:
        case CallBegan():
            return is_large(entry.arguments)
        case CallEnded():
            return is_large(entry.value, entry.content)
        case CellSuspended():
            return len(entry.dump) > LARGE_BYTES
        case _:
            return False


def sealed(entry: Entry, place: bytes, keyring: Keyring) -> tuple[bytes, bytes]:
    """What is stored of an entry, and its seal, which the next one's place names."""
    body = _body(entry)
    packed = b'\x01' + zlib.compress(body, 1) if len(body) >= _COMPRESS_FROM_BYTES else b'\x00' + body
    key = keyring.newest
    signed = _MAGIC + key.id + packed
    seal = key.sign(place + signed)
    return signed + seal, seal


def unsealed(data: bytes, place: bytes, keyring: Keyring, *, cell_id: str) -> tuple[Entry, bytes]:
    """An entry as it was stored, and its seal.

    Raises:
        JournalTampered: When it does not fit its seal, or its place.
        JournalKeyUnknown: When it was sealed with a key that we have not.
    """
    if not isinstance(data, bytes):  # pyright: ignore[reportUnnecessaryIsInstance]  # the store's word is not trusted
        raise JournalTampered(f'An entry in the journal of cell {cell_id!r} is {type(data).__name__}, and no bytes.')
    signed, seal = data[:-SEAL_BYTES], data[-SEAL_BYTES:]
    start = len(_MAGIC) + KEY_ID_BYTES
    key_id = signed[len(_MAGIC) : start]
    key = keyring.find(key_id)
    if key is None and signed.startswith(_MAGIC):
        raise JournalKeyUnknown(
            f'The journal of cell {cell_id!r} was sealed with the key {key_id.hex()}, which is not among those configured: '
            f'{keyring!r}. {HOW_TO_ADD_A_KEY}'
        )
    if key is None or not signed.startswith(_MAGIC) or not key.fits(seal, place + signed):
        raise JournalTampered(
            f'An entry in the journal of cell {cell_id!r} does not fit its seal: it was changed, it is not in its place, or '
            'it belongs to another conversation.'
        )
    return _entry(_inflated(signed[start:])), seal


def _body(entry: Entry) -> bytes:
    values = entry_values(entry)
    dump: bytes = values.pop('dump', b'')
    text = to_typed_json(values).encode()
    return len(text).to_bytes(4, 'big') + text + dump


def _entry(body: bytes) -> Entry:
    end = 4 + int.from_bytes(body[:4], 'big')
    try:
        values = from_typed_json(body[4:end].decode())
        return entry_of({**values, 'dump': body[end:]} if values['kind'] == CellSuspended.__name__ else values)
    except ValueError as error:
        raise JournalTampered(f'A journal entry cannot be read by this version: {error}') from error


def _inflated(packed: bytes) -> bytes:
    if packed[:1] != b'\x01':
        return packed[1:]
    inflater = zlib.decompressobj()
    body = inflater.decompress(packed[1:], _MAX_ENTRY_BYTES)
    if not inflater.eof:
        raise JournalTampered(f'A journal entry inflates to more than {_MAX_ENTRY_BYTES:,} bytes.')
    return body
