"""Where the secret comes from, and how a key file is made and read."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from support.lean import finish_together, start

from pydantic_ai_grail._state.keyring import Keyring
from pydantic_ai_grail._state.secrets import keyring_for, read_or_create
from pydantic_ai_grail.errors import SettingsError
from pydantic_ai_grail.stores import MemoryStore, SqlStore

GIVEN, SET = 'the secret of the option', 'the secret of the environment'


def ids(keyring: Keyring) -> list[bytes]:
    return [key.id for key in keyring]


def test_the_option_comes_first() -> None:
    keyring = keyring_for(MemoryStore(), GIVEN, environment={'GRAIL_SECRET': SET})
    assert ids(keyring) == ids(Keyring(GIVEN))


def test_the_environment_may_hold_several_for_rotation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('GRAIL_SECRET', f' {SET}, {GIVEN},')
    assert ids(keyring_for(MemoryStore())) == ids(Keyring([SET, GIVEN]))


def test_an_environment_variable_that_is_set_to_nothing_is_refused() -> None:
    with pytest.raises(SettingsError, match='GRAIL_SECRET is empty'):
        keyring_for(MemoryStore(), environment={'GRAIL_SECRET': ' , '})


def test_stores_in_this_process_share_a_random_secret() -> None:
    first, second = (keyring_for(MemoryStore(), environment={}) for _ in range(2))
    assert ids(first) == ids(second)


def test_a_key_file_beside_the_database_is_made_once_and_private(tmp_path: Path) -> None:
    store = SqlStore(f'sqlite:///{tmp_path}/agent.db')
    first = keyring_for(store, environment={})
    path = tmp_path / 'agent.db.key'
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ids(keyring_for(store, environment={})) == ids(first) == ids(Keyring(path.read_text().strip()))
    assert [entry.name for entry in tmp_path.iterdir()] == ['agent.db.key']


def test_a_key_file_may_hold_several_for_rotation(tmp_path: Path) -> None:
    path = tmp_path / 'agent.db.key'
    path.touch(0o600)
    path.write_text(f'{SET}\n\n{GIVEN}\n')
    assert read_or_create(path) == [SET, GIVEN]


@pytest.mark.parametrize('mode', [0o640, 0o604, 0o620, 0o666])
def test_a_key_file_that_others_can_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    store = SqlStore(f'sqlite:///{tmp_path}/agent.db')
    keyring_for(store, environment={})
    (tmp_path / 'agent.db.key').chmod(mode)
    with pytest.raises(SettingsError, match=f'has mode {mode:04o}, so others .*chmod 600'):
        keyring_for(store, environment={})


def test_an_empty_key_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / 'k').touch(0o600)
    with pytest.raises(SettingsError, match='is empty'):
        read_or_create(tmp_path / 'k')


def test_a_key_file_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r'There is no directory .*: make it first, or correct the path'):
        keyring_for(SqlStore(f'sqlite:///{tmp_path}/no/such/folder/agent.db'), environment={})


def test_a_shared_database_needs_a_secret() -> None:
    store = SqlStore('postgresql://user:hidden@host/name')
    with pytest.raises(SettingsError, match=r'is shared, .* give secret=\.\.\., or set GRAIL_SECRET') as caught:
        keyring_for(store, environment={})
    assert 'hidden' not in str(caught.value)
    assert ids(keyring_for(store, GIVEN)) == ids(Keyring(GIVEN))


MAKE_KEYS = """
import sys
from pathlib import Path
from pydantic_ai_grail._state.secrets import read_or_create

sys.stdin.readline()
print([read_or_create(Path(sys.argv[1], f'{number}.key')) for number in range(40)])
"""


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    results = finish_together([start(MAKE_KEYS, tmp_path) for _ in range(4)])
    assert [status for status, _, _ in results] == [0] * 4
    said = [line for _, _, errors in results for line in errors.splitlines()]
    assert sorted(said) == sorted(
        f'The key file {tmp_path}/{number}.key was made. Keep it with the database, which cannot be read without it.'
        for number in range(40)
    )
    assert len({output for _, output, _ in results}) == 1
    assert results[0][1].count("['") == len(list(tmp_path.iterdir())) == 40


def test_a_key_that_is_missing_beside_a_database_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = SqlStore(f'sqlite:///{tmp_path}/agent.db')
    (tmp_path / 'agent.db').touch()
    keyring_for(store, environment={})
    assert 'had no key file' in caplog.text
    caplog.clear()
    keyring_for(store, environment={})
    assert caplog.text == ''


def test_what_a_key_file_holds_may_stand_in_the_environment(tmp_path: Path) -> None:
    keyring = keyring_for(SqlStore(f'sqlite:///{tmp_path}/agent.db'), environment={})
    held = (tmp_path / 'agent.db.key').read_text()
    elsewhere = SqlStore(f'sqlite:///{tmp_path}/copy.db')
    assert ids(keyring_for(elsewhere, environment={'GRAIL_SECRET': held})) == ids(keyring)


def test_a_key_file_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r'No secret can be kept in .*a directory.* Give secret'):
        read_or_create(tmp_path)
