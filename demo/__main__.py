"""`python -m demo`: the whole conversation, three processes one after the other, and the report that came of it."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from .conversation import PROMPTS, live_model
from .recording import RECORDING, Recording
from .records import Report
from .report import laid_out
from .turn import OUT


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
        console.print(f"[bold]The model's part is a recording.[/] {Recording.load(options.recording).about}")
        console.print('Everything else is real and happens now: the checks, the calls, this environment.')
    for number in range(1, len(PROMPTS) + 1):
        where = ['--folder', str(folder), '--recording', str(options.recording)]
        turn = subprocess.run([sys.executable, '-m', 'demo.turn', str(number), *where], check=False)
        if turn.returncode:
            sys.exit(turn.returncode)
    report = Report.model_validate_json((folder / 'report.json').read_bytes())
    console.print(laid_out(report))
    console.print(f'Kept in {folder}: report.json, history.json (the messages), agent.db (the state).')


if __name__ == '__main__':
    main()
