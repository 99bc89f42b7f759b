"""A chat that can be left and taken up again: messages in a JSON file, the code's variables in SQLite.

`python examples/chat.py [FOLDER]`, then a line a turn; an empty line ends it. Start it again and continue.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessagesTypeAdapter
from scripted import model
from typing_extensions import TypedDict

from pydantic_ai_grail import CodeMode, SqlStore
from pydantic_ai_grail.testing import answer


class Expense(TypedDict):
    """One line of the ledger."""

    what: str
    euros: Decimal


LEDGER: list[Expense] = [
    {'what': 'train to Ghent', 'euros': Decimal('38.40')},
    {'what': 'hotel', 'euros': Decimal('129.00')},
    {'what': 'dinner', 'euros': Decimal('41.75')},
]

SCRIPT = [
    'spent = await expenses()\nsum(item["euros"] for item in spent)',
    answer('You spent {result} euros.'),
    'max(spent, key=lambda item: item["euros"])["what"]',
    answer('On this: {result}.'),
    'total = sum(item["euros"] for item in spent)\ntotal / 4',
    answer('Each pays {result} euros.'),
]
"""Three turns. The script continues where the messages end, in whichever process."""


def expenses() -> list[Expense]:
    """What was spent on the trip."""
    return LEDGER


def chat(folder: Path) -> None:
    """Read lines and answer them, until there are no more."""
    agent = Agent(
        model(*SCRIPT),
        tools=[expenses],
        capabilities=[CodeMode(store=SqlStore(f'sqlite:///{folder / "chat.db"}'))],
    )
    history = folder / 'chat.json'
    messages = ModelMessagesTypeAdapter.validate_json(history.read_bytes()) if history.exists() else []
    while line := read_line():
        result = agent.run_sync(line, message_history=messages)
        print(result.output)
        messages = result.all_messages()
        history.write_bytes(result.all_messages_json())


def read_line() -> str:
    try:
        return input('> ' if sys.stdin.isatty() else '').strip()
    except EOFError:
        return ''


if __name__ == '__main__':
    chat(Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd())
