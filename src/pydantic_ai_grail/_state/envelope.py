"""The sealed, versioned header around a dump.

Layout: magic, format version, key id, body, seal. The body is `flag | zlib(length of header | header JSON | dump)`. The
seal covers every byte before it, with the key id. Nothing is parsed or inflated before the seal was found right, and
inflating stops at the cap that the caller gives, so what a store hands back can at worst be refused.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from typing import Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError

from ..errors import SnapshotKeyUnknown, SnapshotTampered, SnapshotTooLarge, SnapshotVersionMismatch
from ..stores.base import NO_OWNER
from .keyring import HOW_TO_ADD_A_KEY, KEY_ID_BYTES, SEAL_BYTES, Keyring

MAGIC: Final = b'GRAIL'
FORMAT: Final = 1
DEFAULT_MAX_DUMP_BYTES: Final = 64 * 1024 * 1024
MAX_HEADER_BYTES: Final = 4 * 1024 * 1024

_PREFIX_BYTES: Final = len(MAGIC) + 1 + KEY_ID_BYTES
_LENGTH_BYTES: Final = 4
_PLAIN: Final = b'\0'
_ZLIB: Final = b'\1'
_PROBE_BYTES: Final = 64 * 1024
_WORTH_IT: Final = 0.9


class Header(BaseModel):
    """What is known of a state without loading it."""

    model_config = ConfigDict(extra='forbid', frozen=True)

    owner: str = NO_OWNER
    """States of before there were owners have none."""
    conversation_id: str
    cell_id: str
    """The cell after which this state was taken."""
    code_digest: str
    """`code_digest` of that cell's source, as it stands in the message history."""
    outcome: Literal['completed', 'failed']
    parent: str | None = None
    """The name of the state the cell started from."""
    generation: NonNegativeInt = 0
    """How many states came before this one in its line."""
    created_at: AwareDatetime
    package_version: str
    monty_version: str
    variables: Mapping[str, str] = Field(default_factory=dict[str, str])
    """The live variables with a short word for the type of each, for telling the model."""
    history: str = ''
    """What the checker keeps of the cells that led here: text of its own, opaque to everyone else."""
    feeds: NonNegativeInt = 0
    """How many programs the sandbox had been fed; Monty numbers the files in its tracebacks by it."""
    grants: str = ''
    """How far the conversation's journal of grants had come; see `Grants.anchor`."""
    dump_size: NonNegativeInt


def code_digest(source: str) -> str:
    """Names a cell's source: SHA-256 in hex."""
    return hashlib.sha256(source.encode('utf-8', 'surrogatepass')).hexdigest()


def snapshot_name(sealed: bytes) -> str:
    """A snapshot's name: the first 128 bits of the SHA-256 of its sealed bytes, in hex."""
    return hashlib.sha256(sealed).hexdigest()[:32]


@cache
def package_version() -> str:
    return version('pydantic-ai-grail')


def seal(header: Header, dump: bytes, keyring: Keyring, *, max_dump_bytes: int = DEFAULT_MAX_DUMP_BYTES) -> bytes:
    """Pack and seal a dump with the newest key. CPU-bound: 2 to 5 ms per megabyte.

    Raises:
        SnapshotTooLarge: When the dump or the header is over its cap.
    """
    encoded = header.model_dump_json().encode()
    if len(dump) > max_dump_bytes or len(encoded) > MAX_HEADER_BYTES:
        raise SnapshotTooLarge(
            f'The state after cell {header.cell_id!r} takes {len(dump):,} bytes (header: {len(encoded):,}); at most '
            f'{max_dump_bytes:,} ({MAX_HEADER_BYTES:,}) are kept. Let large values go, or raise max_snapshot_bytes.'
        )
    key = keyring.newest
    plain = len(encoded).to_bytes(_LENGTH_BYTES, 'big') + encoded + dump
    signed = MAGIC + bytes([FORMAT]) + key.id + _deflate(plain)
    return signed + key.sign(signed)


def open_sealed(
    sealed: bytes, keyring: Keyring, *, max_dump_bytes: int = DEFAULT_MAX_DUMP_BYTES
) -> tuple[Header, bytes]:
    """Check a seal and unpack what is under it. The opposite of `seal`.

    Whether header and dump belong where they were found is for the caller to decide.

    Raises:
        SnapshotTooLarge: When it is, or inflates to, more than the caps.
        SnapshotTampered: When the seal does not fit the bytes.
        SnapshotKeyUnknown: When it was sealed with a key that is not in `keyring`.
        SnapshotVersionMismatch: When it has a format that this version cannot read.
    """
    if not isinstance(sealed, bytes):  # pyright: ignore[reportUnnecessaryIsInstance]  # the store's word is not trusted
        raise SnapshotTampered(f'A snapshot is {type(sealed).__name__}, and no bytes.')
    cap = _LENGTH_BYTES + MAX_HEADER_BYTES + max_dump_bytes
    if len(sealed) > _PREFIX_BYTES + 1 + cap + SEAL_BYTES:
        raise SnapshotTooLarge(f'A snapshot of {len(sealed):,} bytes is over the cap of {max_dump_bytes:,}.')
    body = _checked_body(sealed, keyring)
    plain = _inflate(body, cap)
    length = int.from_bytes(plain[:_LENGTH_BYTES], 'big')
    start = _LENGTH_BYTES + length
    try:
        header = Header.model_validate_json(plain[_LENGTH_BYTES:start])
    except ValidationError as error:
        raise SnapshotVersionMismatch(
            f'The header of a snapshot cannot be read by this version: {_named(error)}.'
        ) from error
    dump = plain[start:]
    if len(dump) != header.dump_size:
        raise SnapshotTampered(f'A snapshot holds {len(dump):,} bytes where {header.dump_size:,} were sealed.')
    if len(dump) > max_dump_bytes:
        raise SnapshotTooLarge(f'A snapshot inflates to {len(dump):,} bytes; the cap is {max_dump_bytes:,}.')
    return header, dump


def _checked_body(sealed: bytes, keyring: Keyring) -> memoryview:
    """The body of a snapshot whose seal is right."""
    if len(sealed) < _PREFIX_BYTES + 1 + SEAL_BYTES or not sealed.startswith(MAGIC):
        raise SnapshotTampered(f'These {len(sealed):,} bytes are no snapshot, or they are cut short.')
    form = sealed[len(MAGIC)]
    if form != FORMAT:
        raise SnapshotVersionMismatch(f'A snapshot has format {form}; this version reads format {FORMAT}.')
    key_id = sealed[len(MAGIC) + 1 : _PREFIX_BYTES]
    key = keyring.find(key_id)
    if key is None:
        raise SnapshotKeyUnknown(
            f'A snapshot was sealed with the key {key_id.hex()}, which is not among those configured: {keyring!r}. '
            f'{HOW_TO_ADD_A_KEY}'
        )
    view = memoryview(sealed)
    if not key.fits(sealed[-SEAL_BYTES:], view[:-SEAL_BYTES]):
        raise SnapshotTampered('The seal of a snapshot does not fit its bytes: it was changed or cut.')
    return view[_PREFIX_BYTES:-SEAL_BYTES]


def _named(error: ValidationError) -> str:
    """What is wrong with a header, without its content, which is nobody's business in a log."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return '; '.join(f'{".".join(map(str, item["loc"]))}: {item["msg"]}' for item in found)


def _deflate(plain: bytes) -> bytes:
    """`flag | data`, compressed where that helps; a sample of large data tells, since trying all of it costs time."""
    if len(plain) > 2 * _PROBE_BYTES:
        middle = len(plain) // 2
        sample = plain[:_PROBE_BYTES] + plain[middle : middle + _PROBE_BYTES]
        if len(zlib.compress(sample, 1)) >= _WORTH_IT * len(sample):
            return _PLAIN + plain
    packed = zlib.compress(plain, 1)
    if len(packed) < _WORTH_IT * len(plain):
        return _ZLIB + packed
    return _PLAIN + plain


def _inflate(body: memoryview, cap: int) -> bytes:
    flag, data = bytes(body[:1]), body[1:]
    if flag == _PLAIN:
        return bytes(data)
    inflater = zlib.decompressobj()
    plain = inflater.decompress(data, cap)
    if not inflater.eof:
        raise SnapshotTooLarge(f'A snapshot inflates to more than {cap:,} bytes.')
    return plain
