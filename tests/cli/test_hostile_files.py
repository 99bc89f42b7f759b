"""A SQLite file of a stranger's: whatever stands in it, each command ends, and ends without a traceback."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from support.bills import SECRET, till

from pydantic_ai_grail import SqlStore
from pydantic_ai_grail.cli import main

ENDLESS = 'WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n FROM t)'
PROGRAMS = {
    'a view of conversations': (
        'DROP TABLE grail_snapshots; '
        f"CREATE VIEW grail_snapshots AS {ENDLESS} SELECT n AS sequence, 'a' AS name, '' AS owner, 'A' AS conversation_id, 'c' AS cell_id, "
        "'d' AS code_digest, NULL AS parent, '2026-01-01 00:00:00.000000' AS created_at, x'00' AS data FROM t"
    ),
    'a view of journals': (
        'DROP TABLE grail_journals; '
        f"CREATE VIEW grail_journals AS {ENDLESS} SELECT '' AS owner, 'A' AS conversation_id, 'c' AS cell_id, 'd' AS "
        "code_digest, n AS number, '2026-01-01 00:00:00.000000' AS written_at, x'00' AS data FROM t"
    ),
    'a view of the version': f'DROP TABLE grail_schema; CREATE VIEW grail_schema AS {ENDLESS} SELECT n AS version FROM t',
    'a trigger': (
        'CREATE TRIGGER slow BEFORE DELETE ON grail_snapshots BEGIN '
        f'INSERT INTO grail_schema {ENDLESS} SELECT n FROM t; END'
    ),
    'a virtual table': (
        'DROP TABLE grail_claims; '
        'CREATE VIRTUAL TABLE grail_claims USING fts5(owner, conversation_id, cell_id, code_digest, holder, until)'
    ),
}
ODD_VALUES = ("'x'", "x'ff'", '-1.5', '9223372036854775807')
COMMANDS = (
    ['list-conversations'],
    ['list-cells', 'A'],
    ['list-waiting-calls'],
    ['list-unfinished-cells'],
    ['delete-expired', '--older-than', '1d', '--dry-run'],
    ['delete-conversation', 'A'],
    ['export-conversation', 'A', 'A.grail'],
)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('GRAIL_SECRET', SECRET)
    path = tmp_path / 'agent.db'

    async def converse() -> None:
        async with SqlStore(f'sqlite:///{path}') as store:
            await till(store, 'x = 1', 'await pay(1, 200)').run('go', conversation_id='A')

    asyncio.run(converse())
    return path


def alter(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(script)


@pytest.mark.parametrize('what', PROGRAMS)
@pytest.mark.parametrize('command', COMMANDS, ids=lambda command: command[0])
def test_programs_in_place_of_tables_are_not_run(
    what: str, command: list[str], file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alter(file, PROGRAMS[what])
    assert main([*command, '--store', f'sqlite:///{file}']) == 1
    assert 'where a store has a plain table. No store has made it, so it is not read.' in capsys.readouterr().err


def columns(path: Path) -> Iterator[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        for table in ('grail_snapshots', 'grail_journals', 'grail_claims', 'grail_schema'):
            yield from ((table, row[1]) for row in connection.execute(f'PRAGMA table_info({table})'))


def test_a_value_of_any_kind_in_any_column_is_one_line_or_is_shown(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    original, seen = file.read_bytes(), set[int]()
    for table, column in [*columns(file)]:
        for value in ODD_VALUES:
            file.write_bytes(original)
            with closing(sqlite3.connect(file)) as connection, connection, suppress(sqlite3.IntegrityError):
                connection.execute(f'UPDATE OR IGNORE {table} SET {column} = {value}')
            for command in (
                ['list-conversations'],
                ['list-unfinished-cells'],
                ['export-conversation', 'A', 'A.grail', '--force'],
            ):
                status = main([*command, '--store', f'sqlite:///{file}'])
                errors = capsys.readouterr().err
                assert status in (0, 1), (table, column, value, command)
                assert len(errors.splitlines()) <= 1, (table, column, value, command, errors)
                seen.add(status)
    assert seen == {0, 1}
