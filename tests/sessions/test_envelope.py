"""What was sealed comes back unchanged; anything else is never opened."""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from dirty_equals import IsStr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pydantic_ai_grail._state import envelope
from pydantic_ai_grail._state.envelope import Header, code_digest, open_sealed, seal, snapshot_name
from pydantic_ai_grail._state.keyring import Keyring
from pydantic_ai_grail.errors import (
    SnapshotError,
    SnapshotKeyUnknown,
    SnapshotTampered,
    SnapshotTooLarge,
    SnapshotVersionMismatch,
)

KEYRING = Keyring('a secret for the tests')
texts = st.text(max_size=20)


def header_for(dump: bytes, *, conversation: str = 'A', **changes: object) -> Header:
    facts: dict[str, object] = {
        'conversation_id': conversation,
        'cell_id': 'c1',
        'code_digest': code_digest('x = 1'),
        'outcome': 'completed',
        'created_at': datetime(2026, 1, 1, tzinfo=UTC),
        'package_version': '0.1.0',
        'monty_version': '1.4.0',
        'dump_size': len(dump),
    }
    return Header.model_validate(facts | changes)


def sealed(dump: bytes, *, conversation: str = 'A', keyring: Keyring = KEYRING) -> bytes:
    return seal(header_for(dump, conversation=conversation), dump, keyring)


@given(
    dump=st.binary(max_size=3000) | st.binary(max_size=20).map(lambda part: part * 5000),
    parent=st.none() | texts,
    history=texts,
    variables=st.dictionaries(texts, texts, max_size=5),
)
def test_what_was_sealed_comes_back_unchanged(
    dump: bytes, parent: str | None, history: str, variables: dict[str, str]
) -> None:
    header = header_for(dump, parent=parent, history=history, variables=variables)
    assert open_sealed(seal(header, dump, KEYRING), KEYRING) == (header, dump)


def test_what_compresses_is_compressed_and_what_does_not_is_left() -> None:
    size = 300_000
    assert len(sealed(b'state ' * (size // 6))) < size / 50
    noise = random.Random(1).randbytes(size)
    assert 0 < len(sealed(noise)) - size < 1000
    assert open_sealed(sealed(noise), KEYRING)[1] == noise


def test_equal_snapshots_have_equal_names_and_others_have_not() -> None:
    assert snapshot_name(sealed(b'dump')) == snapshot_name(sealed(b'dump')) == IsStr(regex='[0-9a-f]{32}')
    assert snapshot_name(sealed(b'dump')) != snapshot_name(sealed(b'Dump'))


def test_source_that_is_no_unicode_has_a_digest_too() -> None:
    assert code_digest('x = "\ud800"') != code_digest('x = "\ud801"')


def test_every_single_bit_matters() -> None:
    good = sealed(b'some state')
    for position in range(len(good)):
        for bit in range(8):
            bad = bytearray(good)
            bad[position] ^= 1 << bit
            with pytest.raises(SnapshotError):
                open_sealed(bytes(bad), KEYRING)


def test_every_shorter_or_longer_snapshot_is_refused() -> None:
    good = sealed(b'some state')
    for end in range(len(good)):
        with pytest.raises(SnapshotTampered):
            open_sealed(good[:end], KEYRING)
        with pytest.raises(SnapshotError):
            open_sealed(good[end + 1 :], KEYRING)
    with pytest.raises(SnapshotTampered):
        open_sealed(good + b'\0', KEYRING)


@dataclass(frozen=True)
class Splice:
    """Bytes of one snapshot put over those of another."""

    start: int
    end: int
    source: int
    """Where the bytes come from."""


splices = st.builds(Splice, start=st.integers(0, 600), end=st.integers(0, 600), source=st.integers(0, 600))


@settings(max_examples=2000, deadline=None)
@given(edits=st.lists(splices | st.binary(max_size=8), min_size=1, max_size=4), data=st.data())
def test_no_mixture_of_snapshots_is_ever_opened(edits: list[Splice | bytes], data: st.DataObject) -> None:
    first, second = sealed(b'first state', conversation='A'), sealed(b'second state' * 9, conversation='B')
    mixed = first
    for edit in edits:
        if isinstance(edit, Splice):
            mixed = mixed[: edit.start] + second[edit.source : edit.source + edit.end] + mixed[edit.end :]
        else:
            place = data.draw(st.integers(0, len(mixed)))
            mixed = mixed[:place] + edit + mixed[place + len(edit) :]
    assume(mixed not in (first, second))
    with pytest.raises(SnapshotError):
        open_sealed(mixed, KEYRING)


@settings(max_examples=1000, deadline=None)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    for candidate in (data, b'GRAIL' + data, b'GRAIL\1' + KEYRING.newest.id + data):
        with pytest.raises(SnapshotError):
            open_sealed(candidate, KEYRING)


def test_a_key_that_is_not_configured_is_told_from_tampering() -> None:
    other = sealed(b'dump', keyring=Keyring('another secret entirely'))
    with pytest.raises(SnapshotKeyUnknown, match='not among those configured'):
        open_sealed(other, KEYRING)
    with pytest.raises(SnapshotTampered, match='does not fit its bytes'):
        open_sealed(sealed(b'dump')[:-1] + b'?', KEYRING)


def test_after_a_rotation_old_snapshots_open_and_new_ones_have_the_new_key() -> None:
    rotated = Keyring(['a newer secret for the tests', 'a secret for the tests'])
    assert open_sealed(sealed(b'old'), rotated)[1] == b'old'
    with pytest.raises(SnapshotKeyUnknown):
        open_sealed(sealed(b'new', keyring=rotated), KEYRING)


def test_a_key_id_from_the_ring_does_not_help_another_key() -> None:
    rotated = Keyring(['a newer secret for the tests', 'a secret for the tests'])
    good = sealed(b'dump')
    with pytest.raises(SnapshotTampered):
        open_sealed(good[:6] + rotated.newest.id + good[14:], rotated)


def test_a_later_format_is_told_from_tampering() -> None:
    good = sealed(b'dump')
    with pytest.raises(SnapshotVersionMismatch, match='has format 2; this version reads format 1'):
        open_sealed(good[:5] + b'\2' + good[6:], KEYRING)


def test_a_header_of_a_later_version_is_told_without_its_content(monkeypatch: pytest.MonkeyPatch) -> None:
    class LaterHeader(Header):
        mood: str = 'a private matter'

    later = LaterHeader.model_validate(header_for(b'dump').model_dump())
    with pytest.raises(SnapshotVersionMismatch, match='mood: Extra inputs are not permitted') as caught:
        open_sealed(seal(later, b'dump', KEYRING), KEYRING)
    assert 'private' not in str(caught.value)


def test_a_state_over_the_cap_is_not_sealed() -> None:
    with pytest.raises(SnapshotTooLarge, match=r"after cell 'c1' takes 1,001 bytes .* at most 1,000"):
        seal(header_for(bytes(1001)), bytes(1001), KEYRING, max_dump_bytes=1000)
    long = header_for(b'', history='x' * envelope.MAX_HEADER_BYTES)
    with pytest.raises(SnapshotTooLarge, match='Let large values go'):
        seal(long, b'', KEYRING)


def test_a_snapshot_over_the_cap_is_not_opened() -> None:
    big = seal(header_for(bytes(5000)), bytes(5000), KEYRING)
    assert len(big) < 1000
    with pytest.raises(SnapshotTooLarge, match='inflates to 5,000 bytes; the cap is 4,999'):
        open_sealed(big, KEYRING, max_dump_bytes=4999)


def test_inflating_stops_at_the_cap() -> None:
    bomb = seal(header_for(bytes(90_000_000)), bytes(90_000_000), KEYRING, max_dump_bytes=100_000_000)
    assert len(bomb) < 500_000
    with pytest.raises(SnapshotTooLarge, match='inflates to more than'):
        open_sealed(bomb, KEYRING, max_dump_bytes=1_000_000)


def test_a_huge_snapshot_is_refused_before_its_seal_is_looked_at() -> None:
    with pytest.raises(SnapshotTooLarge, match='is over the cap'):
        open_sealed(bytes(envelope.MAX_HEADER_BYTES + 2000), KEYRING, max_dump_bytes=1000)


def test_nothing_is_inflated_or_parsed_before_the_seal_was_found_right(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> object:
        raise AssertionError('inflated before the seal was checked')

    good = sealed(b'dump' * 100)
    monkeypatch.setattr(zlib, 'decompressobj', forbidden)
    with pytest.raises(SnapshotTampered):
        open_sealed(good[:-1] + bytes([good[-1] ^ 1]), KEYRING)
    with pytest.raises(AssertionError, match='inflated'):
        open_sealed(good, KEYRING)


def test_a_dump_of_another_size_than_was_sealed_is_refused() -> None:
    with pytest.raises(SnapshotTampered, match='holds 4 bytes where 5 were sealed'):
        open_sealed(seal(header_for(b'dump!'), b'dump', KEYRING), KEYRING)
