"""Each example is run as a person would run it, in a process of its own, with the scripted model."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / 'examples'
WARNINGS = ('-W', 'error', '-W', 'ignore::ResourceWarning', '-W', 'ignore:There is no current event loop')
"""Pydantic AI's `run_sync` asks for an event loop where there may be none, and leaves it to the interpreter to close."""
LIVE_KEYS = ('ANTHROPIC_API_KEY', 'OPENAI_API_KEY')


def run(name: str, *arguments: str, lines: str = '', cwd: Path) -> str:
    """What an example prints; it must end well and leave nothing on standard error, but that it made a key."""
    environment = {key: value for key, value in os.environ.items() if key not in LIVE_KEYS}
    command = [sys.executable, *WARNINGS, str(EXAMPLES / f'{name}.py'), *arguments]
    done = subprocess.run(
        command, input=lines, capture_output=True, text=True, timeout=60, env=environment, cwd=cwd, check=False
    )
    errors = [line for line in done.stderr.splitlines() if not line.startswith('The key file ')]
    assert (done.returncode, errors) == (0, [])
    return done.stdout


def test_the_smallest_agent_answers(tmp_path: Path) -> None:
    assert run('smallest', cwd=tmp_path) == "Lisbon was warmer, on average: {'Bergen': 8.0, 'Lisbon': 16.5}\n"


def test_a_chat_goes_on_in_a_new_process_with_the_variables_of_the_last(tmp_path: Path) -> None:
    first = run('chat', str(tmp_path), lines='What did I spend?\nOn what most?\n', cwd=tmp_path)
    assert first == 'You spent 209.15 euros.\nOn this: hotel.\n'
    assert run('chat', str(tmp_path), lines='Split it four ways.\n', cwd=tmp_path) == 'Each pays 52.2875 euros.\n'
    assert {path.name for path in tmp_path.iterdir()} >= {'chat.db', 'chat.json'}


def test_tools_of_an_mcp_server_are_called_from_code(tmp_path: Path) -> None:
    assert run('mcp_tools', cwd=tmp_path) == "Ask for these at the desk: {'Great Expectations': 'desk-6-3'}\n"


def test_structured_output_comes_after_code(tmp_path: Path) -> None:
    assert run('structured_output', cwd=tmp_path) == '11:00, 60 minutes\n'


def test_a_trace_is_shown_on_the_console(tmp_path: Path) -> None:
    printed = run('logfire_console', cwd=tmp_path)
    assert printed.endswith('There are 42 parts in stock.\n')
    assert printed.count('stock') >= 3


def test_a_migrated_agent_does_what_it_did_and_remembers(tmp_path: Path) -> None:
    assert run('migration', cwd=tmp_path) == (
        'before: A euro is 11.5 kronor.\nafter: A euro is 11.5 kronor.\nlater: That is 21.74 euros.\n'
    )


def test_every_example_is_run_here() -> None:
    helpers = {'scripted', 'library_server', 'chat_shop'}
    tested = Path(__file__).read_text()
    names = {path.stem for path in EXAMPLES.glob('*.py')} - helpers
    assert [name for name in sorted(names) if f"run('{name}'" not in tested] == []


@pytest.mark.parametrize('path', sorted(EXAMPLES.rglob('*.py')), ids=lambda path: path.stem)
def test_an_example_says_first_what_it_shows(path: Path) -> None:
    assert path.read_text().startswith('"""')
