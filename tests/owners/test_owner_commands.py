"""The commands, asked for one owner's where the store has another's: nothing is shown, told of or changed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from pydantic_ai.messages import ModelMessagesTypeAdapter
from support.owned import SECRET, Shop

from pydantic_ai_grail import SqlStore
from pydantic_ai_grail.cli import main
from pydantic_ai_grail.stores.base import Contents

Run: TypeAlias = Callable[..., tuple[int, str, str]]
OTHERS = pytest.mark.parametrize('whose', [['--owner', 'bob'], []], ids=['another owner', 'no owner'])


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store in which ada's conversation `c` has a state and a call that waits."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('GRAIL_SECRET', SECRET)
    url = f'sqlite:///{tmp_path / "agent.db"}'

    async def shopped() -> None:
        async with SqlStore(url) as store:
            shop = Shop(store)
            done = await shop.run('ada', 'secret = 41')
            waiting = await shop.run('ada', 'await pay(200)', history=done.all_messages())
        (tmp_path / 'history.json').write_bytes(ModelMessagesTypeAdapter.dump_json(waiting.all_messages()))

    asyncio.run(shopped())
    return url


@pytest.fixture
def run(url: str, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str) -> tuple[int, str, str]:
        status = main(['--store', url, *arguments])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


def kept(url: str) -> Contents:
    async def read() -> Contents:
        async with SqlStore(url) as store:
            return await store.contents('c', owner='ada')

    return asyncio.run(read())


COMMANDS: dict[str, list[str]] = {
    'list-conversations': ['list-conversations'],
    'list-cells': ['list-cells', 'c'],
    'list-waiting-calls': ['list-waiting-calls'],
    'list-unfinished-cells': ['list-unfinished-cells'],
    'fork-conversation': ['fork-conversation', 'c', 'd', 'history.json', 'new.json'],
    'delete-expired': ['delete-expired', '--older-than', '0s', '--unfinished-older-than', '0s'],
    'delete-conversation': ['delete-conversation', 'c', '--force'],
    'export-conversation': ['export-conversation', 'c', 'c.grail'],
}


@OTHERS
@pytest.mark.parametrize('command', COMMANDS)
@pytest.mark.parametrize('as_json', [False, True], ids=['text', 'json'])
def test_no_command_shows_or_changes_what_is_anothers(
    url: str, run: Run, command: str, whose: list[str], as_json: bool
) -> None:
    before = kept(url)
    status, output, errors = run(*COMMANDS[command], *whose, *(['--json'] if as_json else []))
    assert status == (
        1 if command in ('list-cells', 'fork-conversation', 'delete-conversation', 'export-conversation') else 0
    )
    for word in ('ada', '200', 'secret', 'pyd_ai'):
        assert word not in output.replace('unreadable', '') + errors.replace(url.removeprefix('sqlite:///'), '')
    assert kept(url) == before
    assert not Path('new.json').exists()
    assert not Path('c.grail').exists()


@OTHERS
def test_a_file_of_anothers_is_not_taken_in(url: str, run: Run, whose: list[str], tmp_path: Path) -> None:
    assert run('export-conversation', 'c', 'c.grail', '--owner', 'ada')[0] == 0
    elsewhere = ['--store', f'sqlite:///{tmp_path / "other.db"}']
    status, _, errors = run('import-conversation', 'c.grail', *whose, *elsewhere)
    assert (status, "is another owner's" in errors) == (1, True)
    assert 'ada' not in errors
    assert run('import-conversation', 'c.grail', '--owner', 'ada', *elsewhere)[0] == 0
    assert 'secret = 41' in run('list-cells', 'c', '--owner', 'ada', *elsewhere)[1]


def test_who_is_named_has_what_is_his(run: Run) -> None:
    assert 'secret = 41' in run('list-cells', 'c', '--owner', 'ada')[1]
    assert 'pay(bill=200)' in run('list-waiting-calls', '--owner', 'ada')[1]
    assert run('list-conversations', '--owner', 'ada')[1].splitlines()[1].split()[0] == 'c'
    assert run('delete-conversation', 'c', '--owner', 'ada', '--force')[0] == 0
    assert run('list-conversations', '--owner', 'ada')[1] == 'There are none.\n'


def test_all_owners_are_listed_where_that_is_asked_for(run: Run) -> None:
    assert run('list-conversations', '--all-owners')[1].splitlines()[1].split()[:2] == ['ada', 'c']
    assert 'conversation c of ada' in run('list-waiting-calls', '--all-owners')[1]
    assert 'c of ada: waiting' in run('list-unfinished-cells', '--all-owners')[1]
    assert 'Kept c of ada for a cell' in run('delete-expired', '--older-than', '0s', '--all-owners')[1]
    listed: Any = json.loads(run('list-waiting-calls', '--all-owners', '--json')[1])['waiting']
    assert [(each['owner'], each['conversation_id']) for each in listed] == [('ada', 'c')]


@pytest.mark.parametrize(
    'command',
    [
        ['list-conversations'],
        ['list-waiting-calls'],
        ['list-unfinished-cells'],
        ['delete-expired', '--older-than', '0s', '--dry-run'],
    ],
)
def test_whose_may_stand_before_the_command_or_behind_it(run: Run, command: list[str]) -> None:
    for whose in (['--all-owners'], ['--owner', 'ada']):
        assert run(*whose, *command) == run(*command, *whose)
        assert run(*whose, *command) != run(*command)


@pytest.mark.parametrize(
    'command', [['list-cells', 'c'], ['delete-conversation', 'c'], ['vacuum'], ['export-conversation', 'c', 'file']]
)
def test_all_owners_are_refused_where_nothing_is_listed(
    run: Run, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        run('--all-owners', *command)
    assert caught.value.code == 2
    assert f'error: {command[0]} takes no --all-owners.' in capsys.readouterr().err


def test_a_copy_for_another_owner_is_made_where_both_are_named(run: Run) -> None:
    assert (
        run('fork-conversation', 'c', 'c', 'history.json', 'new.json', '--owner', 'ada', '--new-owner', 'bob')[0] == 0
    )
    assert 'secret = 41' in run('list-cells', 'c', '--owner', 'bob')[1]


def test_one_owner_and_all_of_them_are_not_asked_for_at_once(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run('list-waiting-calls', '--owner', 'ada', '--all-owners')
    assert caught.value.code == 2
    assert 'Give --owner or --all-owners, not both' in capsys.readouterr().err


def test_an_owner_that_cannot_be_one_is_told(run: Run) -> None:
    status, _, errors = run('list-conversations', '--owner', '')
    assert (status, "got '', which is empty" in errors) == (1, True)
