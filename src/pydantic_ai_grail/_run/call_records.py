"""How a call or a cell ended: as the record that replies and traces read, and as the entry of the journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic_ai.messages import UserContent

from .._monty.stops import RaisedBy, Returned, Settled
from ..events.calls import CallRecord, CallRequest, CallState
from ..events.journal_entries import CallEnded, CellEnded
from ..events.outcomes import Completed, Failed, Refused

_CONTENT: Final = TypeAdapter(list[UserContent])


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """What came of a call."""

    state: CallState
    settled: Settled
    content: Sequence[UserContent] = ()
    """What the tool returned for the model's eyes beside its value."""
    wrong_arguments: tuple[str, ...] = ()
    """Names of the arguments that the tool's validation did not pass."""
    metadata: Any = None
    """What the tool returned for the application."""
    as_text: tuple[str, ...] = ()
    """Names of the types in its result that have no form in the sandbox."""
    lost_content: str | None = None
    """Why what it returned for the model's eyes could not be kept."""


def record_of(
    request: CallRequest, state: CallState, settled: Settled, *, seconds: float, called: Called | None = None
) -> CallRecord:
    """The record of a call that settled; `called` is what is known besides of one that was made."""
    return CallRecord(
        request=request,
        state=state,
        result=settled.value if isinstance(settled, Returned) else None,
        error=f'{settled.exception_type}: {settled.message}' if isinstance(settled, RaisedBy) else None,
        seconds=seconds,
        wrong_arguments=() if called is None else called.wrong_arguments,
        as_text=() if called is None else called.as_text,
        lost_content=None if called is None else called.lost_content,
        metadata=None if called is None else called.metadata,
    )


def interrupted(request: CallRequest, *, seconds: float = 0.0) -> CallRecord:
    """The record of a call that was ended before it settled."""
    return CallRecord(request=request, state='cancelled', seconds=seconds, error='RuntimeError: the call did not end')


def entry_of(
    request: CallRequest,
    state: CallState,
    settled: Settled,
    *,
    content: Sequence[UserContent],
    seconds: float,
    at: datetime,
) -> CallEnded:
    """The entry of a call that settled; `content` is what its tool returned for the model's eyes."""
    return CallEnded(
        ordinal=request.ordinal,
        state=state,
        value=settled.value if isinstance(settled, Returned) else None,
        exception_type=settled.exception_type if isinstance(settled, RaisedBy) else None,
        message=settled.message if isinstance(settled, RaisedBy) else None,
        content=content_as_json(content),
        seconds=seconds,
        at=at,
    )


def content_as_json(content: Sequence[UserContent]) -> str:
    """What a tool returned for the model's eyes, as a journal has it."""
    return _CONTENT.dump_json([*content], warnings='error').decode() if content else ''


def cell_ended(outcome: Completed | Failed | Refused, *, delivered: int, at: datetime) -> CellEnded:
    """The entry of a cell that came to its end, after code was given as many results."""
    leaves_state = not isinstance(outcome, Refused) and not outcome.state_lost
    if not isinstance(outcome, Failed):
        ended = 'completed' if isinstance(outcome, Completed) else 'failed'
        return CellEnded(outcome=ended, at=at, delivered=delivered, leaves_state=leaves_state)
    failure = outcome.failure
    return CellEnded(
        outcome='failed',
        at=at,
        error=f'{failure.exception_type}: {failure.message}',
        line=None if failure.position is None else failure.position.line,
        delivered=delivered,
        cause=failure.ordinal,
        leaves_state=leaves_state,
    )


def settled_of(ended: CallEnded) -> Settled:
    """What code got of the call."""
    if ended.exception_type is not None:
        return RaisedBy(ended.exception_type, ended.message or '')
    return Returned(ended.value)


def content_of(ended: CallEnded) -> Sequence[UserContent]:
    """What the tool returned for the model's eyes."""
    return _CONTENT.validate_json(ended.content)
