"""Plays a hostile cell through a real agent, and says what became of it and what it cost the host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic_ai import Agent
from support.heartbeat import Strain, watched
from support.scripts import scripted_model

from pydantic_ai_grail import CodeMode, Limits
from pydantic_ai_grail.events.cell_events import CellEnded, Event
from pydantic_ai_grail.events.outcomes import Completed, Failed, Refused
from pydantic_ai_grail.testing import played_cells

Ending = Literal['completed', 'failed', 'refused']

ANY_ENDING: Final = frozenset[Ending](('completed', 'failed', 'refused'))
MAX_GROWTH_BYTES: Final = 64 * 1024 * 1024
MOST_GROWN_BY_EXCEPTIONS: Final = 3 * 48 * 1024 * 1024
"""Three times `max_memory`; docs/reference/limits.md says so. Monty (1.4) holds the text of an exception two to three times before
anybody can ask how long it is, and copies it once more to tell it."""
MAX_HELD_SECONDS: Final = 0.05
MAX_READ_CHARS: Final = 64_000
"""Results are cut to 10,000 characters, each of which JSON may write as six."""
_HELD: Final = 'cost: the loop stood still'
AFTER: Final = 'still = 40 + 2\nstill'
"""Sent after each cell: the run has gone on, and the session is of use."""
_LIMITS: Final = Limits(max_duration_secs=2)
"""The default ones, but for the time, so that what never ends is no test of patience."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostileCell:
    """A cell, and how it may end."""

    name: str
    code: str
    endings: frozenset[Ending] = ANY_ENDING
    says: str = ''
    """What the model reads of it, among other things."""
    before: Sequence[str] = ()
    """Cells that are sent before it."""
    most_grown_bytes: int = MAX_GROWTH_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What became of a cell."""

    ending: Ending
    told: str
    after: Any
    """What the model read for `AFTER`."""
    strain: Strain


async def take(value: Any) -> int:
    """Take anything."""
    return 1 if value is None else 2


async def give_back(value: Any) -> Any:
    """Give back what was given."""
    return value


def take_text(text: str, numbers: list[int] | None = None) -> int:
    """Take a text and numbers."""
    return len(text) + len(numbers or [])


async def number(n: int = 0) -> int:
    """A number."""
    return n


async def fails(message: str) -> int:
    """Raise what was given."""
    raise ValueError(message)


TOOLS: Final = (take, give_back, take_text, number, fails)


async def play(cell: HostileCell, **options: Any) -> Played:
    """Play a cell, and one after it, in a run of their own."""
    events: list[Event] = []
    code_mode = CodeMode(limits=_LIMITS, max_tool_calls=3_000, on_cell_event=events.append, **options)
    agent: Agent[None, str] = Agent(tools=TOOLS, capabilities=[code_mode])
    model = scripted_model(*cell.before, cell.code, AFTER)
    async with watched() as strain:
        result = await agent.run('go', model=model)
        told = played_cells(result.new_messages())
        del result
    ended = [event.outcome for event in events if isinstance(event, CellEnded)]
    outcome = ended[len(cell.before)]
    ending: Ending = (
        'completed' if isinstance(outcome, Completed) else 'failed' if isinstance(outcome, Failed) else 'refused'
    )
    assert isinstance(outcome, (Completed, Failed, Refused))
    return Played(ending=ending, told=str(told[len(cell.before)].content), after=told[-1].content, strain=strain)


async def faults(cell: HostileCell, *, most_held_seconds: float = MAX_HELD_SECONDS, **options: Any) -> list[str]:
    """What does not hold for a cell. How it ends and what it makes the process grow by counts the first time; it is played
    again where only the heartbeat speaks against it, for what is the machine's own does not come three times."""
    found: list[str] = []
    for _ in range(3):
        played = await play(cell, **options)
        found = _faults(cell, played, most_held_seconds)
        if not found or not all(fault.startswith(_HELD) for fault in found):
            break
    return found


def _faults(cell: HostileCell, played: Played, most_held_seconds: float) -> list[str]:
    found: list[str] = []
    if played.ending not in cell.endings:
        found.append(f'it {played.ending}: {played.told[:500]}')
    if cell.says not in played.told:
        found.append(f'it does not say {cell.says!r}: {played.told[:500]}')
    if len(played.told) > MAX_READ_CHARS:
        found.append(f'the model reads {len(played.told):,} characters')
    if '42' not in str(played.after):
        found.append(f'the next cell gave {str(played.after)[:500]}')
    if played.strain.held_seconds > most_held_seconds:
        found.append(f'{_HELD} for {played.strain.held_seconds * 1000:.0f} ms')
    if played.strain.grown_bytes is not None and played.strain.grown_bytes > cell.most_grown_bytes:
        found.append(f'the process grew by {played.strain.grown_bytes / 2**20:.0f} MiB')
    return found
