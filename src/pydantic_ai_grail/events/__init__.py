"""What happens in cells, as frozen data: events, calls, outcomes, diagnostics. No I/O.

The events of a run's stream are in `stream_events`, which needs Pydantic AI.
"""

from .calls import CallRecord, CallRequest, ToolFacts
from .cell_events import (
    CallSettled,
    CallStarted,
    CellChecked,
    CellClosed,
    CellDenied,
    CellEnded,
    CellPrepared,
    CellResumed,
    CellStarted,
    CellWaits,
    Event,
    EventHandler,
    Observer,
    SnapshotFailed,
    SnapshotSaved,
    StateLost,
    StateRestored,
)
from .diagnostics import Diagnostic, Position, Rewrite
from .outcomes import Completed, Failed, Failure, Outcome, Printed, Refused, Suspended, Verdict

__all__ = [
    'CallRecord',
    'CallRequest',
    'CallSettled',
    'CallStarted',
    'CellChecked',
    'CellClosed',
    'CellDenied',
    'CellEnded',
    'CellPrepared',
    'CellResumed',
    'CellStarted',
    'CellWaits',
    'Completed',
    'Diagnostic',
    'Event',
    'EventHandler',
    'Failed',
    'Failure',
    'Observer',
    'Outcome',
    'Position',
    'Printed',
    'Refused',
    'Rewrite',
    'SnapshotFailed',
    'SnapshotSaved',
    'StateLost',
    'StateRestored',
    'Suspended',
    'ToolFacts',
    'Verdict',
]
