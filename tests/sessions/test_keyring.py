"""Secrets become keys: the newest seals, any opens, none is shown."""

from __future__ import annotations

import pytest

from pydantic_ai_grail._state.keyring import Keyring
from pydantic_ai_grail.errors import SettingsError

OLD, NEW = 'an old secret, retired', b'a new secret, in use'


def test_the_first_secret_seals_and_every_one_opens() -> None:
    keyring = Keyring([NEW, OLD])
    assert [key.id for key in keyring] == [Keyring(NEW).newest.id, Keyring(OLD).newest.id]
    assert keyring.newest.id == Keyring(NEW).newest.id
    found = keyring.find(Keyring(OLD).newest.id)
    assert found is not None
    assert found.fits(Keyring(OLD).newest.sign(b'data'), b'data')


def test_text_and_its_bytes_are_the_same_secret() -> None:
    assert Keyring('sécret, sécret, sécret').newest == Keyring('sécret, sécret, sécret'.encode()).newest


def test_a_seal_fits_its_own_data_and_key_only() -> None:
    old, new = Keyring(OLD).newest, Keyring(NEW).newest
    seal = old.sign(b'data')
    assert old.fits(seal, b'data')
    assert not old.fits(seal, b'Data')
    assert not old.fits(seal[:-1], b'data')
    assert not new.fits(seal, b'data')


def test_an_unknown_id_has_no_key() -> None:
    assert Keyring(NEW).find(Keyring(OLD).newest.id) is None


def test_nothing_that_is_printed_holds_a_secret() -> None:
    keyring = Keyring([NEW, OLD])
    shown = f'{keyring!r} {keyring.newest!r}'
    assert shown.startswith(f'Keyring({keyring.newest.id.hex()}, ')
    assert 'secret' not in shown.replace('_secret', '')
    assert repr(keyring.newest.sign(b'')) not in shown


@pytest.mark.parametrize('secrets', ['', 'fifteen bytes..', [NEW, b'short'], [OLD, '']])
def test_a_secret_that_is_too_short_is_refused(secrets: str | list[str | bytes]) -> None:
    with pytest.raises(SettingsError, match='is too short to seal anything: give at least 16'):
        Keyring(secrets)


def test_sixteen_bytes_are_enough_and_none_is_refused() -> None:
    assert len(Keyring('sixteen bytes...')) == 1
    with pytest.raises(SettingsError, match='at least one secret'):
        Keyring([])
