"""Structured output after code: the model computes in the sandbox and answers with a typed record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic_ai import Agent
from scripted import model

from pydantic_ai_grail import CodeMode
from pydantic_ai_grail.testing import answer, cell


@dataclass
class Slot:
    """A time when everybody is free."""

    start: datetime
    minutes: int


BUSY = {
    'ada': [(9, 11), (13, 15)],
    'grace': [(8, 10), (12, 13)],
    'linus': [(10, 11), (15, 17)],
}

SCRIPT = [
    cell("""
        busy = []
        for name in ("ada", "grace", "linus"):
            busy += await meetings(name)
        busy.sort()
        gaps = []
        free_from = busy[0][0]
        for start, end in busy:
            if start > free_from:
                gaps.append((free_from, start))
            free_from = max(free_from, end)
        gaps
    """),
    answer({'start': '2026-11-23T11:00:00', 'minutes': 60}),
]

agent = Agent(model(*SCRIPT), output_type=Slot, capabilities=[CodeMode()])


@agent.tool_plain
def meetings(name: str) -> list[tuple[datetime, datetime]]:
    """When somebody is busy on Monday, as starts and ends."""
    monday = datetime(2026, 11, 23)
    return [(monday + timedelta(hours=start), monday + timedelta(hours=end)) for start, end in BUSY[name]]


if __name__ == '__main__':
    result = agent.run_sync('When can Ada, Grace and Linus meet for an hour on Monday?')
    print(f'{result.output.start:%H:%M}, {result.output.minutes} minutes')
