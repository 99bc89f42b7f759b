"""`python -m demo.turn 2`: one turn of the conversation, in this process, from what the turn before left in files."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

import anyio
from rich.console import Console

from pydantic_ai_grail.events import CallSettled, Event

from .conversation import PROMPTS, live_model, take_turn
from .recording import RECORDING, OffTheRecord, Recording
from .screen import screen

OUT = Path(__file__).with_name('out')


def main() -> None:
    parser = argparse.ArgumentParser(prog='python -m demo.turn', description=__doc__)
    parser.add_argument('number', type=int, choices=range(1, len(PROMPTS) + 1))
    parser.add_argument('--folder', type=Path, default=OUT, help='where history and state are kept')
    parser.add_argument('--recording', type=Path, default=RECORDING)
    parser.add_argument('--continues', action='store_true', help='a process before this one took the turn up')
    parser.add_argument('--stop-after', type=int, metavar='CALLS', help='stand still there, to be killed')
    parser.add_argument('--stop-pipe', type=int, metavar='FD', help='where to say that it stands still')
    options = parser.parse_args()

    settled = 0

    def stop(event: Event) -> None:
        """Stand still after so many calls, and say so, for the parent to kill this process."""
        nonlocal settled
        settled += isinstance(event, CallSettled)
        if settled == options.stop_after:
            os.write(options.stop_pipe, b'!')
            signal.pause()

    async def turn() -> None:
        await take_turn(
            options.number,
            folder=options.folder,
            screen=screen(Console()),
            recording=None if live_model() else Recording.load(options.recording),
            continues=options.continues,
            observer=stop if options.stop_after else None,
        )

    try:
        anyio.run(turn)
    except OffTheRecord as end:
        sys.exit(str(end))


if __name__ == '__main__':
    main()
