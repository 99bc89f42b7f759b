"""What the journal of a cell says, entry by entry: enough to resume the cell in another process, exactly.

A cell that makes no call has no journal, for running it again is exact. Otherwise the first entry is `Began`; a call is
`CallBegan` before its tool may have any effect and `CallEnded` when it settled; one that waits for a decision is
`CallWaits`. `CellSuspended` has the program where it stands, `CellResumed` the decisions it was resumed with, `CellEnded`
ends it. Entries hold plain values only, so that they can be written down with their types.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from .calls import CallState

WaitingReason: TypeAlias = Literal['approval', 'external', 'unknown']
"""Why a call waits: somebody must allow it, somebody else must make it, or it was under way when its process died."""
OnUnknownCall: TypeAlias = Literal['ask', 'raise', 'retry']
"""What becomes of a call that was under way when its process ended: a person decides, code gets an exception, or the
call is made again."""
CellState: TypeAlias = Literal['unjournaled', 'queued', 'under way', 'waiting', 'completed', 'failed', 'denied']
"""How far a cell has come, as its journal says. Which entry leads from which to which, `_journal/transitions.py` has."""
DecisionKind: TypeAlias = Literal['approve', 'deny', 'result', 'raise']


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """The cell was accepted and began to run."""

    source: str
    """As the model wrote it."""
    prepared: str
    """What it was made into, for `_source` to read."""
    parent: str | None
    """The cell after which it began; `None` for the empty state."""
    trace: Mapping[str, str] = field(default_factory=dict[str, str])
    """Where it was traced, as W3C headers, for whoever resumes it to link to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellQueued:
    """The cell has not begun: one that the model asked for before it waits."""

    at: datetime
    requested_by: str = ''
    """The tool call that asks for it; see `DecisionRequested`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBegan:
    """From here on the tool may have had its effect."""

    ordinal: int
    tool: str
    """The Python name."""
    arguments: Mapping[str, Any]
    line: int | None
    attempt: int
    delivered_before: int
    """How many results code had been given when it made the call. Run again, it makes it after as many."""
    at: datetime
    key: str = ''
    """The idempotency key that this attempt is made with."""
    tool_metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What the tool said when it asked for the approval of this attempt, and what a person changed of it."""
    approved: bool = False
    """Whether somebody has allowed this attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallWaits:
    """The call has had no effect, or its outcome is unknown, and waits for a decision."""

    ordinal: int
    reason: WaitingReason
    metadata: Mapping[str, Any]
    """What the tool said of it, as plain JSON values."""
    until: datetime | None
    """When the decision expires."""
    at: datetime
    after: str = ''
    """The token of the suspension that the cell was resumed from; the decisions on that one are not for this wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded:
    """What code got of a call."""

    ordinal: int
    state: CallState
    value: Any
    exception_type: str | None
    message: str | None
    content: str
    """What the tool returned for the model's eyes beside its value, as JSON; empty for nothing."""
    seconds: float
    at: datetime
    looked_up: bool = False
    """The tool was not called: the function `on_unknown_call` has said what became of a call that was under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellSuspended:
    """The program stands at calls that wait. Its dump travels beside this."""

    token: str
    """Random; decisions name it, so that none serves twice."""
    numbers: Mapping[int, int]
    """Ordinal of each call that code has made and not got an answer of -> the sandbox's number for it."""
    at_call: int | None
    """The ordinal of the call it stands at; `None` where it awaits several."""
    accepted: int
    """How many calls code had made."""
    slept: Sequence[int]
    """The sandbox's numbers of the sleeps that ended and that the program does not know of."""
    slept_seconds: float
    feeds: int
    printed: str
    dropped_chars: int
    trace: Mapping[str, str]
    """The trace context of the suspended cell, as W3C headers, for the resumed one to link to."""
    history: str = ''
    """What the checker keeps of the cells before, as a state's header has it: the cell is resumed also where the store has
    lost the state that it began from."""
    grants: str = ''
    """How far the conversation's journal of grants had come."""
    requested_by: str | None = ''
    """The tool call that asks for its decisions; see `DecisionRequested`. `None`: none does yet."""
    dump: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRequested:
    """Somebody was asked for the decisions on a suspension, with a tool call of its own.

    An approval that names a tool call alone, as front ends send it, counts for what that call asked first. So a second
    suspension is asked with another call, and the first answer, sent again, does nothing.
    """

    token: str
    """Of the suspension."""
    requested_by: str
    """The id of the tool call; empty for the one that asked for the cell."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CellResumed:
    """The decisions a suspended cell was resumed with."""

    token: str
    """Of the suspension."""
    decisions: Mapping[str, Mapping[str, Any]]
    """By call id; see `Decided`."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CellEnded:
    """The cell came to its end. Written before the state after it is, so that such a state proves it."""

    outcome: Literal['completed', 'failed']
    at: datetime
    error: str = ''
    """`Type: message`, if it failed."""
    line: int | None = None
    """Where it failed, in the code as the model wrote it."""
    delivered: int | None = None
    """How many results code had been given; `None` in journals of before that was written down."""
    cause: int | None = None
    """The ordinal of the call whose failure ended it, if one did."""
    leaves_state: bool | None = None
    """Whether a state is saved after it, as long as the sandbox does not die over that; `None` in journals of before that was
    written down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A decision that carries on. Stands in a journal of the conversation's own, as the two below."""

    id: str
    tool: str
    arguments: Mapping[str, Any]
    """Those that a call must have."""
    uses: int | None
    cell_id: str | None
    """The cell it is for; `None` for all of the conversation."""
    at: datetime
    by_cell: str = ''
    """The id of the cell whose call was approved with it; empty in journals of before that was written down."""
    by_code: str = ''
    """The digest of that cell's code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantUsed:
    """A call was allowed by a grant."""

    id: str
    key: str
    """The call's idempotency key."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRevoked:
    """A grant allows nothing more."""

    id: str
    at: datetime


Entry: TypeAlias = (
    Began
    | CellQueued
    | CallBegan
    | CallWaits
    | CallEnded
    | CellSuspended
    | DecisionRequested
    | CellResumed
    | CellEnded
    | Granted
    | GrantUsed
    | GrantRevoked
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What was decided of a waiting call, as code will meet it."""

    kind: DecisionKind
    arguments: Mapping[str, Any] | None = None
    """With `'approve'`: what the call is made with instead."""
    value: Any = None
    """With `'result'`."""
    exception_type: str = ''
    message: str = ''
    """With `'deny'` and `'raise'`."""
    grant: Mapping[str, Any] | None = None
    """With `'approve'`: what else is approved, as `ApprovalGrant` has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournaledCall:
    """How far a call had come when its process ended."""

    began: CallBegan
    waits: CallWaits | None = None
    ended: CallEnded | None = None
    order: int = 0
    """Counts the calls that ended, in the order in which they did."""
    approval_requests: int = 0
    """How often it waited for an approval."""

    @property
    def has_not_started(self) -> bool:
        """Whether this attempt came no further than to ask for a decision, so that it had no effect."""
        return self.waits is not None and self.waits.reason != 'unknown'

    @property
    def own_key(self) -> str | None:
        """The key of an attempt that may have had its effect, for every further one; `None` when there was none."""
        return (self.began.key or None) if self.began.attempt > 1 or not self.has_not_started else None


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalState:
    """What the journal knows of a cell that is to be resumed; empty for a cell that begins."""

    state: CellState = 'unjournaled'
    calls: Mapping[int, JournaledCall] = field(default_factory=dict[int, JournaledCall])
    """By ordinal."""
    suspended: CellSuspended | None = None
    """Where it is resumed; `None`: from its beginning."""
    resumed: CellResumed | None = None
    """The decisions it was resumed with since."""
    ended: CellEnded | None = None
    began: Began | None = None
    is_queued: bool = False
    """It has not begun; an earlier cell of the same response waited."""
    requests: tuple[tuple[str, str], ...] = ()
    """Tool call and token of the suspension that it asked about, in order; an empty token: whether the cell may begin."""

    def has_requested(self, requested_by: str, token: str) -> bool:
        """Whether a tool call has asked about a suspension."""
        return (requested_by, token) in self.requests

    def first_requested(self, requested_by: str) -> str | None:
        """What a tool call asked about first: all that an approval of it alone counts for. `None`: it asked nothing."""
        return next((token for call, token in self.requests if call == requested_by), None)

    @property
    def unknown(self) -> tuple[JournaledCall, ...]:
        """Its calls with an unknown outcome: they may have had their effect."""
        return tuple(call for call in self.calls.values() if call.ended is None and not call.has_not_started)

    @property
    def waiting(self) -> tuple[JournaledCall, ...]:
        """The calls that wait for a decision."""
        return tuple(call for call in self.calls.values() if call.waits is not None and call.ended is None)


EMPTY_JOURNAL: Final = JournalState()
"""Of a cell that begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierCalls:
    """What the cells before a new one called."""

    failed: Sequence[JournalState] = ()
    """The failed cells that it may correct, the newest first; as far as they came, each made the calls of those after it."""
    done: Sequence[JournaledCall] = ()
    """Calls that returned in interrupted cells, and that no cell has made since."""
    unknown: Sequence[JournaledCall] = ()
    """Calls with an unknown outcome that no cell has made since."""
