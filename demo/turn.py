"""`python -m demo.turn 2`: one turn of the conversation, in this process, from what the turn before left in files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import anyio
from rich.console import Console

from .conversation import PROMPTS, live_model, take_turn
from .recording import RECORDING, OffTheRecord, Recording
from .screen import Screen

OUT = Path(__file__).with_name('out')


def main() -> None:
    parser = argparse.ArgumentParser(prog='python -m demo.turn', description=__doc__)
    parser.add_argument('number', type=int, choices=range(1, len(PROMPTS) + 1))
    parser.add_argument('--folder', type=Path, default=OUT, help='where history and state are kept')
    parser.add_argument('--recording', type=Path, default=RECORDING)
    options = parser.parse_args()

    async def turn() -> None:
        recording = None if live_model() else Recording.load(options.recording)
        await take_turn(options.number, folder=options.folder, screen=Screen(Console()), recording=recording)

    try:
        anyio.run(turn)
    except OffTheRecord as end:
        sys.exit(str(end))


if __name__ == '__main__':
    main()
