"""What an operator meets at night: every message says what to do, and an empty answer does not pass for a good one."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from support.bills import SECRET, till

from pydantic_ai_grail import SqlStore
from pydantic_ai_grail.cli import main
from pydantic_ai_grail.cli.parser import parsed
from pydantic_ai_grail.stores.sql import in_loop
from pydantic_ai_grail.stores.sql.remedies import remedy

COMMANDS = (
    'list-conversations', 'list-cells', 'list-waiting-calls', 'list-unfinished-cells', 'fork-conversation',
    'delete-expired', 'delete-conversation', 'vacuum', 'export-conversation', 'import-conversation',
)  # fmt: skip
ANOTHER_SECRET = 'another secret that is as long as one has to be'


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('GRAIL_SECRET', SECRET)
    monkeypatch.setenv('GRAIL_STORE', 'sqlite:///agent.db')


def converse(*conversations: str, cell: str = 'await pay(1, 200)') -> None:
    """Conversations, each with a cell that waits for an approval."""

    async def talk() -> None:
        async with SqlStore('sqlite:///agent.db') as store:
            for name in conversations:
                await till(store, cell).run('go', conversation_id=name)

    asyncio.run(talk())


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(arguments)
    printed = capsys.readouterr()
    return status, printed.out, printed.err


# Databases that do not do their part


@contextmanager
def locked(file: Path) -> Generator[None]:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute('PRAGMA journal_mode = DELETE')
        other.execute('BEGIN EXCLUSIVE')
        yield


@pytest.mark.parametrize(
    ('trouble', 'to_do'),
    [
        ('locked', 'Another process is writing to the file: try again.'),
        ('cut', 'The file is damaged: take it from a backup'),
        ('text', 'The file is something else: look at the path in the URL of the store.'),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(
    trouble: str, to_do: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    converse('A')
    file = tmp_path / 'agent.db'
    with ExitStack() as stack:
        match trouble:
            case 'locked':
                monkeypatch.setattr(SqlStore.__init__, '__kwdefaults__', {'busy_timeout': 0.01})
                stack.enter_context(locked(file))
            case 'cut':
                with closing(sqlite3.connect(file)) as connection:
                    connection.execute('PRAGMA wal_checkpoint(TRUNCATE)')
                file.write_bytes(file.read_bytes()[:6000])
            case _:
                for each in tmp_path.iterdir():
                    each.unlink()
                file.write_text('no database at all, but a text that is long enough to be looked at ' * 20)
        status, output, errors = run(capsys, 'list-conversations')
    assert (status, output) == (1, '')
    assert errors.startswith('pydantic-ai-grail: SqlStore(')
    assert f'. {to_do}' in errors
    assert errors.count('\n') == 1


@pytest.mark.parametrize('url', ['postgresql://u@127.0.0.1:1/name', 'postgresql://u@nobody.invalid/name'])
def test_a_server_that_cannot_be_reached_says_what_to_do(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, errors = run(capsys, 'list-conversations', '--store', url)
    assert status == 1
    assert errors.endswith(
        '. Look at host and port in the URL of the store, and whether the server runs and can be reached from here.\n'
    )


def test_a_server_that_is_silent_is_given_up(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_loop, 'CONNECT_SECONDS', 0.2)
    with socket.create_server(('127.0.0.1', 0)) as silent:
        port = silent.getsockname()[1]
        status, _, errors = run(capsys, 'list-conversations', '--store', f'postgresql://u:hush@127.0.0.1:{port}/name')
    assert status == 1
    assert 'could not open: TimeoutError. Look at host and port in the URL of the store' in errors
    assert 'hush' not in errors


def test_a_password_a_database_and_rights_that_are_wrong_say_what_to_do(postgresql_url: str) -> None:
    class Refused(Exception):
        def __init__(self, sqlstate: str) -> None:
            self.sqlstate = sqlstate

    told = {state: remedy(Refused(state)) for state in ('28P01', '3D000', '42501', '53300', '57P03', '99999')}
    assert [state for state, text in told.items() if not text] == ['99999']
    assert len(set(told.values())) == len(told)


def test_a_database_that_is_not_there_says_what_to_do(postgresql_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, errors = run(capsys, 'list-conversations', '--store', postgresql_url.replace('/postgres?', '/nosuch?'))
    assert status == 1
    assert errors.endswith(' Look at the name of the database in the URL of the store.\n')


def test_a_key_file_that_this_user_may_not_read_is_no_question_of_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    converse('A')
    monkeypatch.delenv('GRAIL_SECRET')
    (tmp_path / 'agent.db.key').write_text(SECRET)

    def access(path: object, mode: int) -> bool:
        return mode == os.R_OK and not str(path).endswith('.key')

    monkeypatch.setattr(os, 'access', access)  # as for another user
    status, _, errors = run(capsys, 'list-cells', 'A')
    assert status == 1
    assert errors.endswith('Read it as the user of the agent, or set GRAIL_SECRET to what it holds.\n')


def test_a_file_of_the_command_line_is_no_question_of_the_store(capsys: pytest.CaptureFixture[str]) -> None:
    converse('A')
    (folder := Path('folder')).mkdir()
    assert run(capsys, 'import-conversation', 'nowhere.grail')[2].endswith(
        "No such file or directory: 'nowhere.grail'\n"
    )
    assert run(capsys, 'export-conversation', 'A', str(folder))[2].endswith('Name another file, or give --force.\n')


# Answers that must not pass for others


@pytest.mark.parametrize('command', ['list-waiting-calls', 'list-unfinished-cells'])
def test_an_empty_answer_says_whose_it_is(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    converse('A')
    of_nobody, of_ada = run(capsys, command)[1], run(capsys, command, '--owner', 'ada')[1]
    assert 'pay(bill=1, amount=200)' in of_nobody
    assert of_ada.endswith(' in the conversations of ada.\n')
    run(capsys, 'delete-conversation', 'A', '--force')
    assert run(capsys, command)[1].endswith('those of owners are listed with --owner or --all-owners.\n')
    assert run(capsys, command, '--all-owners')[1] in ('No call waits.\n', 'Every cell came to its end.\n')


@pytest.mark.parametrize(
    'command',
    [
        ['list-cells', 'B'],
        ['delete-conversation', 'B'],
        ['export-conversation', 'B', 'file'],
        ['fork-conversation', 'B', 'C', 'a', 'b'],
    ],
)
def test_a_conversation_that_is_not_there_may_be_somebodys(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    converse('A')
    status, _, errors = run(capsys, *command)
    assert status == 1
    assert "nothing of conversation 'B' without an owner. If it is somebody's, give --owner." in errors
    assert "conversation 'B' of owner 'ada'." in run(capsys, *command, '--owner', 'ada')[2]


def test_what_waits_is_in_json_the_same_whether_all_could_be_read_or_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    converse('A')
    readable = json.loads(run(capsys, 'list-waiting-calls', '--json')[1])
    monkeypatch.setenv('GRAIL_SECRET', ANOTHER_SECRET)
    status, output, _ = run(capsys, 'list-waiting-calls', '--json')
    unreadable = json.loads(output)
    assert status == 1
    assert [{name: len(found) for name, found in each.items()} for each in (readable, unreadable)] == [
        {'waiting': 1, 'unreadable': 0},
        {'waiting': 0, 'unreadable': 1},
    ]


def test_what_to_do_about_a_secret_is_seen_however_many_conversations_there_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    converse(*(f'chat-{number}' for number in range(9)))
    monkeypatch.setenv('GRAIL_SECRET', ANOTHER_SECRET)
    status, output, _ = run(capsys, 'list-waiting-calls')
    assert status == 1
    assert ' and 4 more conversations. The journal of cell ' in output
    assert len(output) < 700


def test_nothing_expires_under_a_wrong_secret_and_that_is_no_success(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    converse('A')
    monkeypatch.setenv('GRAIL_SECRET', ANOTHER_SECRET)
    status, output, errors = run(capsys, 'delete-expired', '--older-than', '0s')
    assert status == 1
    assert output.startswith('Forgot 0 states and 0 journals of 0 conversations.\n')
    assert (
        errors == 'pydantic-ai-grail: 1 conversation could not be read, so all of it was kept: "list-cells" says why.\n'
    )


def test_what_is_not_forgotten_since_it_cannot_be_read_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    converse('A')
    monkeypatch.setenv('GRAIL_SECRET', ANOTHER_SECRET)
    assert 'Give the secret that it was sealed with' in run(capsys, 'delete-conversation', 'A')[2]


# Help


@pytest.mark.parametrize('command', COMMANDS)
def test_each_command_says_what_it_does_and_how_it_ends(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parsed([command, '--help'])
    assert ended.value.code == 0
    told = ' '.join(capsys.readouterr().out.split())
    assert 'The status at the end is 0; 1 where something is wrong' in told
    positional = told.partition('positional arguments: ')[2].partition(' options: ')[0]
    for name in (word for word in positional.split() if word.isupper()):  # each with a word on it
        assert not positional.endswith(name)


@pytest.mark.parametrize(
    'command', [['list-conversations'], ['list-waiting-calls'], ['list-unfinished-cells'], ['list-cells', 'A']]
)
def test_a_reader_that_takes_one_line_is_no_trouble(command: list[str]) -> None:
    converse('A', cell='\n'.join(f'x_{number} = {number}' for number in range(2000)))
    line = f'"{sys.executable}" -m pydantic_ai_grail {" ".join(command)} | head -n 1'
    ended = subprocess.run(['sh', '-c', line], capture_output=True, text=True, check=False)
    assert (ended.stdout.count('\n'), ended.stderr) == (1, '')
