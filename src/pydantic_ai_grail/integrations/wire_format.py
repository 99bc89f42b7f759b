"""What waits, and what was decided, as JSON for a front end; the same in every protocol.

A front end gets each waiting call with a `wait`, which it sends back with its decision: it names the call, the wait and
the arguments that were shown, so that the decision counts for those alone. What comes back is not trusted: the cell's
journal says what waits, and with which arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, StrictBool
from pydantic.alias_generators import to_camel
from pydantic_ai import UserError
from pydantic_ai.tools import DeferredToolRequests, DeferredToolResults

from ..approvals.requests import ShownCall, ShownCell, read_cell
from ..approvals.waiting_calls import source_line, spelled
from ..events.calls import METADATA_KEY
from ..events.journal_entries import WaitingReason


class _Wire(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, extra='forbid')


class WaitingCallData(_Wire):
    """A call inside a cell that waits for somebody."""

    tool_call_id: str
    tool_name: str
    """The name code calls it by."""
    args: dict[str, Any]
    """As plain JSON."""
    text: str
    """The call as code, with the types of its arguments: `refund(order=7, amount=Decimal('12.50'))`."""
    reason: WaitingReason
    wait: str
    """Goes back with the decision."""
    line: int | None = None
    source_line: str = ''
    until: datetime | None = None
    metadata: dict[str, Any] = {}
    """What the tool said when it asked."""


class WaitingCellData(_Wire):
    """A cell that waits, with its calls; none for a cell that has not begun, since one before it waits."""

    tool_call_id: str
    """The call of `run_code` that asks."""
    code: str
    calls: list[WaitingCallData]


class DecisionData(_Wire):
    """What somebody decided of one call."""

    wait: str
    kind: Literal['approve', 'deny', 'result', 'raise']
    """`'result'` and `'raise'` are for calls that somebody else makes, and for those of unknown outcome."""
    override_args: dict[str, Any] | None = None
    """With `'approve'`: what the call is made with instead, all of it."""
    value: Any = None
    """With `'result'`."""
    message: str = 'The call was denied.'
    """With `'deny'` and `'raise'`."""


class DecisionsData(_Wire):
    """What somebody decided of the calls of one cell; those left out still wait."""

    decisions: list[DecisionData]


class ApprovalPayload(_Wire):
    """An answer for one call, in the words of AG-UI."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, extra='ignore')

    approved: StrictBool
    edited_args: dict[str, Any] | None = None
    reason: str | None = None
    result: Any = None


def waiting_cells(requests: DeferredToolRequests) -> list[WaitingCellData]:
    """The cells among what waits, with their calls."""
    return [
        WaitingCellData(
            tool_call_id=part.tool_call_id,
            code=cell.code,
            calls=[_call(shown, cell) for shown in cell.calls],
        )
        for part in requests.approvals
        if (cell := read_cell(requests.metadata.get(part.tool_call_id, {}))) is not None
    ]


def decide_on(results: DeferredToolResults, tool_call_id: str, decisions: list[DecisionData]) -> None:
    """Add what was decided of the calls of a cell to the results for a run.

    Raises:
        UserError: When the decisions are not of one wait.
    """
    waits = [(_parts(decision.wait), decision) for decision in decisions]
    tokens = {token for (_, token, _), _ in waits}
    if len(tokens) != 1:
        raise UserError(f'The decisions for {tool_call_id!r} are of {len(tokens)} waits. Decide on one at a time.')
    results.approvals[tool_call_id] = True
    results.metadata[tool_call_id] = {
        METADATA_KEY: {
            'token': tokens.pop(),
            'decisions': {call_id: _answer(decision, digest) for (call_id, _, digest), decision in waits},
            'may_repeat': True,
        }
    }


def _call(shown: ShownCall, cell: ShownCell) -> WaitingCallData:
    return WaitingCallData(
        tool_call_id=shown.id,
        tool_name=shown.tool,
        args=shown.arguments,
        text=spelled(shown),
        reason=shown.reason,
        wait=f'{shown.id}/{cell.token}/{shown.digest}',
        line=shown.line,
        source_line=source_line(cell.code, shown.line),
        until=shown.until,
        metadata=shown.metadata,
    )


def _parts(wait: str) -> tuple[str, str, str]:
    call_id, token, digest = (['', '', *wait.rsplit('/', 2)])[-3:]
    return call_id, token, digest


def _answer(decision: DecisionData, digest: str) -> Mapping[str, Any]:
    answer: dict[str, Any] = {'kind': decision.kind, 'digest': digest}
    match decision.kind:
        case 'approve':
            return {**answer, 'arguments': decision.override_args}
        case 'result':
            return {**answer, 'value': decision.value}
        case 'deny':
            return {**answer, 'message': decision.message}
        case 'raise':
            return {**answer, 'exception_type': 'RuntimeError', 'message': decision.message}
