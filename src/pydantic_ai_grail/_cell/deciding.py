"""Decisions, where they meet the tools: whether one can be carried out, and what a function of somebody's own decides."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, get_args

from pydantic_ai import RunContext

from .._journal.unknown_outcomes import UnknownOutcomes
from .._monty.values import to_sandbox
from .._run.tool_call import is_being_cancelled
from .._run.validation import ToolValidator
from ..approvals.decisions import ExceptionType
from ..approvals.requests import Fits
from ..approvals.waiting_calls import LOOK_UP_FAILED, LookUp, WaitingCall, looked_up, source_line
from ..errors import DecisionError
from ..events.calls import MADE_WITH, CallRequest
from ..events.journal_entries import Decided, DecisionKind, OnUnknownCall


def fitting(validator: ToolValidator) -> Fits:
    """Looks at a decision before it is used: bad arguments leave the call waiting."""

    def fits(tool: str, decided: Mapping[str, Any]) -> None:
        _look_at(decided['kind'], decided['exception_type'], decided['value'])
        arguments, grant = decided['arguments'], decided['grant']
        if arguments is not None and (found := validator.complete(tool, arguments)):
            wrong = '; '.join(f'{".".join(map(str, error.path))}: {error.message}' for error in found)
            raise DecisionError(
                f'Approve(override_args=...) for {tool}() gives all its arguments, and these are not right: {wrong}. Nothing '
                'was used; decide again.'
            )
        names = validator.parameters(tool)
        if grant is None or names is None:
            return
        for name in grant['arguments']:
            if name not in names:
                raise DecisionError(
                    f'ApprovalGrant(args=...) for {tool}() would allow nothing, for it has no parameter {name!r}. It takes: '
                    f'{", ".join(names) or "none"}. Nothing was used; decide again.'
                )

    return fits


def _look_at(kind: DecisionKind, exception_type: str, value: Any) -> None:
    if kind == 'raise' and exception_type not in get_args(ExceptionType):
        raise DecisionError(f'RaiseError() cannot raise {exception_type!r}, only {", ".join(get_args(ExceptionType))}.')
    if kind == 'result':
        try:
            to_sandbox(value)
        except Exception as error:  # besides `NotCrossable`, whatever serializers of the user's own may raise
            raise DecisionError(f'ProvideResult() cannot be given to code: {error}') from error


def unknown_outcomes_of(
    chosen: OnUnknownCall | LookUp, ctx: RunContext[Any], *, cell_id: str, source: str
) -> UnknownOutcomes:
    """What becomes of a cell's calls of unknown outcome, by the option `on_unknown_call`."""
    if not callable(chosen):
        return UnknownOutcomes(on_unknown_call=chosen)

    async def look_up(request: CallRequest, key: str, noted: Mapping[str, Any]) -> Decided | Mapping[str, Any]:
        call = WaitingCall(
            tool_call_id=request.tool_call_id,
            tool_name=request.tool.python_name,
            args=noted.get(MADE_WITH, request.args),
            reason='unknown',
            cell_id=cell_id,
            code=source,
            line=request.line,
            source_line=source_line(source, request.line),
            idempotency_key=key,
            metadata={name: value for name, value in noted.items() if name != MADE_WITH},
        )
        try:
            found = await looked_up(chosen, ctx, call)
            if found is not None:
                _look_at(found.kind, found.exception_type, found.value)
            return found or {}
        except (Exception, asyncio.CancelledError) as error:  # of somebody's own; a person can still tell
            if isinstance(error, asyncio.CancelledError) and is_being_cancelled():
                raise
            return {LOOK_UP_FAILED: f'{type(error).__name__}: {error}'}

    return UnknownOutcomes(look_up=look_up)
