"""One tool call that a cell made, and the journal of what a cell did, in order.

A call's id is the cell's tool call id and an ordinal that counts the cell's calls from 1 in the order in which the
code made them. The same code resumed from the same snapshot gives the same ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final, Literal

METADATA_KEY: Final = 'code_mode'
"""What is ours stands under this key wherever Pydantic AI lets metadata through: returns of cells, requests and results of
deferred calls, the run context of a tool."""

STATE_KEY: Final = 'grail'
"""In the return of a cell: the state it left. Under `METADATA_KEY` stands what other readers of code mode look for there."""

OUTCOME_KEY: Final = 'grail_outcome'
"""In the return of a cell that did not complete: how it ended, in one word, since a return's own outcome tells no refused cell
from a failed one."""

MADE_WITH: Final = 'made_with'
"""In what is noted of a call with an unknown outcome: the arguments that a person had changed it to."""

CallState = Literal['started', 'waiting', 'returned', 'raised', 'denied', 'cancelled']


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolFacts:
    """What is known of a tool beside its signature, from its definition and its metadata."""

    tool_name: str
    """The name the agent knows the tool by."""
    python_name: str
    """The name code calls it by, with its module if it is in one: `github.list_issues`."""
    sequential: bool = False
    """Calls may not overlap; declared `def` and answered at once."""
    read_only: bool = False
    """Calls change nothing (metadata `read_only`, or MCP's `readOnlyHint`)."""
    idempotent: bool = False
    """The same call may be made twice (metadata `idempotent`, or MCP's `idempotentHint`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequest:
    """A call as code made it: named and bound to parameters, not yet validated."""

    tool_call_id: str
    ordinal: int
    tool: ToolFacts
    args: Mapping[str, Any]
    line: int | None = None
    """The line of the call in the cell, or `None` when the call stands in a function of an earlier cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """How far a call has come."""

    request: CallRequest
    state: CallState
    result: Any = None
    """What the sandbox got, when `state` is `'returned'`."""
    error: str | None = None
    """`Type: message`, when it did not return."""
    seconds: float = 0.0
    wrong_arguments: tuple[str, ...] = ()
    """Names of the arguments that did not pass the tool's validation, when that is why it raised."""
    as_text: tuple[str, ...] = ()
    """Names of the types in its result that have no form in the sandbox: code got the text of these values."""
    lost_content: str | None = None
    """Why what the tool returned for the model's eyes beside its value could not be kept."""
    is_unknown: bool = False
    """It was under way when its cell was interrupted, and waits because its outcome is unknown."""
    is_replayed: bool = False
    """The result came from the journal; the tool was not run again."""
    is_reused: bool = False
    """The result is that of the same call of the failed cell before; the tool was not run again."""
    metadata: Any = None
    """What the tool's `ToolReturn` carried for the application. No journal has it."""

    @property
    def is_settled(self) -> bool:
        return self.state not in ('started', 'waiting')


def call_id(cell_id: str, ordinal: int) -> str:
    """The id of a cell's `ordinal`-th call."""
    return f'{cell_id}__{ordinal}'


def idempotency_key(scope: str, call_id: str) -> str:
    """The same for every attempt at a call, and for no other call. `scope` tells the cell from those of the same id."""
    return sha256(f'{scope}/{call_id}'.encode()).hexdigest()[:32]


@dataclass(slots=True)
class CallJournal:
    """What one cell called, in the order in which the calls were made. Single writer: the cell's own run."""

    cell_id: str
    _records: dict[str, CallRecord] = field(default_factory=dict[str, CallRecord])

    def start(self, request: CallRequest) -> None:
        """Note a call before it starts."""
        self._records[request.tool_call_id] = CallRecord(request=request, state='started')

    def settle(self, record: CallRecord) -> None:
        """Note how a started call ended."""
        self._records[record.request.tool_call_id] = record

    def is_waiting(self, call_id: str) -> bool:
        return self._records[call_id].state == 'waiting'

    def __iter__(self) -> Iterator[CallRecord]:
        return iter(self._records.values())

    def __len__(self) -> int:
        return len(self._records)

    @property
    def records(self) -> tuple[CallRecord, ...]:
        return tuple(self._records.values())
