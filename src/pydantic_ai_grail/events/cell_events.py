"""What happened, said once, as frozen records; observers tell it on (spans, metrics, functions of the application).

Within one cell the order is: `CellStarted`, (`StateRestored` | `StateLost`)?, (`CellPrepared`, `CellChecked`) or, for a
cell that began in an earlier run, `CellResumed`; then (`CallStarted`, `CallSettled`)*, (`SnapshotSaved` |
`SnapshotFailed`)?, `CellEnded`, `CellClosed`. A call that was answered from a journal is only settled, not started. Of a
cell that waits on, or was denied as a whole, there is `CellWaits` or `CellDenied` in place of what it would have done.

`conversation_id` is filled in where the functions of an application are called.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeAlias

from ..errors import GrailError
from .calls import CallRecord, CallRequest
from .diagnostics import Rewrite
from .outcomes import Outcome, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class CellStarted:
    cell_id: str
    conversation_id: str
    source: str
    owner: str = ''
    """Whose conversation; empty for nobody's in particular."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRestored:
    cell_id: str
    snapshot: str
    """The snapshot's name."""
    size_bytes: int
    seconds: float
    conversation_id: str = ''


@dataclass(frozen=True, slots=True, kw_only=True)
class StateLost:
    """The history speaks of state that could not be had; the cell starts empty, or the run was ended."""

    cell_id: str
    reason: GrailError
    conversation_id: str = ''


@dataclass(frozen=True, slots=True, kw_only=True)
class CellResumed:
    """A cell of an earlier run is resumed, in place of `CellPrepared` and `CellChecked`."""

    cell_id: str
    was_waiting: bool
    """From where it waited; otherwise from its beginning, since its process died."""
    trace: Mapping[str, str]
    """The trace context it was suspended in, as W3C headers; empty when it was not traced."""
    conversation_id: str = ''


@dataclass(frozen=True, slots=True, kw_only=True)
class CellWaits:
    """A cell waits and nothing of it ran: its decisions are still to come, or it is one after a cell that waits. A cell that
    comes to a wait while it runs is `CellEnded`, with what it waits for."""

    cell_id: str
    waiting: tuple[CallRecord, ...]
    """The calls it waits for; empty for a cell that has not begun."""
    conversation_id: str = ''


@dataclass(frozen=True, slots=True, kw_only=True)
class CellDenied:
    """Somebody denied a cell as a whole, so nothing more of it runs."""

    cell_id: str
    message: str
    conversation_id: str = ''


@dataclass(frozen=True, slots=True, kw_only=True)
class CellPrepared:
    cell_id: str
    rewrites: tuple[Rewrite, ...]
    seconds: float
    conversation_id: str = ''


@dataclass(frozen=True, slots=True, kw_only=True)
class CellChecked:
    cell_id: str
    verdict: Verdict
    seconds: float
    conversation_id: str = ''


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStarted:
    cell_id: str
    request: CallRequest
    conversation_id: str = ''


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSettled:
    cell_id: str
    record: CallRecord
    conversation_id: str = ''


@dataclass(frozen=True, slots=True, kw_only=True)
class CellEnded:
    cell_id: str
    outcome: Outcome
    run_seconds: float
    """Time in the sandbox and its calls, without preparing and checking."""
    conversation_id: str = ''


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotSaved:
    cell_id: str
    snapshot: str
    size_bytes: int
    """Sealed and compressed, as stored."""
    seconds: float
    """For the dump, the seal and the store together."""
    conversation_id: str = ''


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotFailed:
    """The state after a cell could not be kept. The cell's result stands."""

    cell_id: str
    reason: GrailError
    stage: Literal['dump', 'seal', 'store']
    conversation_id: str = ''


@dataclass(frozen=True, slots=True, kw_only=True)
class CellClosed:
    """The last event of a cell, also when it was cancelled."""

    cell_id: str
    journal_seconds: float = 0.0
    """How long it has waited for its journal to be stored."""
    conversation_id: str = ''


Event: TypeAlias = (
    CellStarted
    | StateRestored
    | StateLost
    | CellResumed
    | CellWaits
    | CellDenied
    | CellPrepared
    | CellChecked
    | CallStarted
    | CallSettled
    | CellEnded
    | SnapshotSaved
    | SnapshotFailed
    | CellClosed
)


EventHandler: TypeAlias = Callable[[Event], object]
"""What `CodeMode(on_cell_event=...)` takes: called with every event of a cell, in order, each with the `conversation_id`. What an
`async` one returns is awaited."""


class Observer(Protocol):
    """Told every event of a cell, in order, in the task that runs the cell. Must be quick and must not raise."""

    def __call__(self, event: Event, /) -> None: ...


def log(event: Event, /) -> None:
    """An observer that writes what went wrong with a cell's state to the log of this package."""
    match event:
        case StateLost():
            _LOG.warning('Cell %s has not the variables of before: %s', event.cell_id, event.reason)
        case SnapshotFailed():
            _LOG.warning('The state after cell %s could not be kept: %s', event.cell_id, event.reason)
        case _:
            pass


_LOG: Final = logging.getLogger('pydantic_ai_grail')


def to_all(*observers: Observer) -> Observer:
    """One observer that tells several, in order."""

    def observe(event: Event, /) -> None:
        for observer in observers:
            observer(event)

    return observe
