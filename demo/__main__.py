"""`python -m demo`: the whole conversation, the processes one after the other, and the report that came of it."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

from pydantic_ai.messages import ModelMessagesTypeAdapter
from rich.console import Console

from pydantic_ai_grail.testing import played_cells

from .conversation import PROMPTS, WAITING, live_model
from .cost import as_played, as_single_calls, calls_in
from .recording import RECORDING, Recording
from .records import Report
from .report import folded, laid_out
from .turn import OUT

KILLED_AFTER = 200
"""Calls of the first cell."""


def main() -> None:
    parser = argparse.ArgumentParser(prog='python -m demo', description=__doc__)
    parser.add_argument(
        '--folder', type=Path, default=OUT, help='where history, state and report are kept; emptied first'
    )
    parser.add_argument('--recording', type=Path, default=RECORDING)
    options = parser.parse_args()
    console, folder = Console(), options.folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if model := live_model():
        console.print(f'A live model answers: {model}.')
    else:
        console.print(
            f"[bold]The model's part is a recording.[/] {Recording.load(options.recording).about} All else happens now."
        )
    turn = partial(run_turn, folder=folder, recording=options.recording)
    if not live_model():
        kill_first_turn(folder, options.recording, console)
    for number in range(1, len(PROMPTS) + 1):
        turn(number, *(['--continues'] if number == 1 and not live_model() else []))
        while (folder / WAITING).exists():
            turn(number, '--continues')
    report = Report.model_validate_json((folder / 'report.json').read_bytes())
    console.print(laid_out(report) if os.environ.get('VERBOSE') else folded(report))
    books(folder, console)
    console.print(f'Kept in {folder}: report.json, history.json (the messages), agent.db (the state).')
    if not os.environ.get('VERBOSE'):
        console.print('All code, values and the whole report: VERBOSE=1 make demo')


def run_turn(number: int, *more: str, folder: Path, recording: Path) -> None:
    """One turn in a process of its own; the demo ends with it if it fails."""
    where = ['--folder', str(folder), '--recording', str(recording)]
    turn = subprocess.run([sys.executable, '-m', 'demo.turn', str(number), *where, *more], check=False)
    if turn.returncode:
        sys.exit(turn.returncode)


def kill_first_turn(folder: Path, recording: Path, console: Console) -> None:
    """Begin the first turn, and kill its process in the middle of its first cell."""
    where = ['--folder', str(folder), '--recording', str(recording)]
    here, there = os.pipe()
    stops = ['--stop-after', str(KILLED_AFTER), '--stop-pipe', str(there)]
    with subprocess.Popen([sys.executable, '-m', 'demo.turn', '1', *where, *stops], pass_fds=[there]) as turn:
        os.close(there)
        stood_still = os.read(here, 1)
        turn.kill()
    os.close(here)
    if not stood_still:
        sys.exit(turn.returncode)
    console.print(f'[red]   killed[/]  process SIGKILL, in the cell, after {KILLED_AFTER} calls')


def books(folder: Path, console: Console) -> None:
    """What the person has to know in the end: what was done, how often, and what it cost."""
    messages = ModelMessagesTypeAdapter.validate_json((folder / 'history.json').read_bytes())
    cells = played_cells(messages)
    published = len((folder / 'published.txt').read_text().splitlines())
    console.print(f'Books: {len(cells)} cells, {calls_in(cells)} calls in their code; reports published: {published}.')
    for name, cost in (
        ('with code', as_played(messages)),
        ('as tool calls, all of a cell in one request', as_single_calls(messages, at_once=True)),
        ('as tool calls, each a request', as_single_calls(messages)),
    ):
        console.print(
            f'Cost {name}: {cost.requests:,} requests to the model, about {cost.tokens_read:,} tokens read and '
            f'{cost.tokens_written:,} written'
        )
    console.print(
        '(counted from the history: 4 characters a token, all of it read again with each request, without tool definitions)'
    )


if __name__ == '__main__':
    main()
