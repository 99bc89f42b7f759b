"""Calls that wait for a decision, for the host: which there are, and how to answer them.

A cell that waits ends the run with Pydantic AI's `DeferredToolRequests`, in which `run_code` is what asks for approval.
`waiting_calls` shows the calls inside, `decide` answers them:

```python
for call in waiting_calls(result.output):
    print(call.tool_name, call.args, call.source_line)
answers = decide(result.output, lambda call: Approve() if call.args['amount'] <= 100 else Deny('too much'))
result = await agent.run(message_history=result.all_messages(), deferred_tool_results=answers)
```
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from inspect import isawaitable
from typing import Any, Final, TypeAlias, cast

from pydantic_ai.tools import DeferredToolRequests, DeferredToolResults, RunContext, ToolApproved, ToolDenied

from .._common.short_repr import short_repr
from .._common.typed_json import from_typed_json, to_typed_json
from ..errors import DecisionError
from ..events.calls import METADATA_KEY
from ..events.journal_entries import Decided, WaitingReason
from .conversion import as_decision, decided
from .decisions import AnyDecision, Approve, Deny, ProvideResult
from .requests import ShownCall, ShownCell, read_cell


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingCall:
    """A call that waits, as the person who decides should see it."""

    tool_call_id: str
    """Names the call in decisions. Of a call inside a cell: the id of the cell, two underscores, the number of the call."""
    tool_name: str
    """The name code calls it by; for a tool that the model called directly, the agent's."""
    args: Mapping[str, Any]
    """With their types, as code gave them: a `Decimal` is one. Of a call with an unknown outcome that a person had changed, as it was
    made. Of a tool that the model called directly, as it wrote them."""
    reason: WaitingReason
    """`'approval'`: it may not run unless it is allowed. `'external'`: somebody else makes it and gives the result.
    `'unknown'`: it was under way when its process ended, so it may have taken effect or not; approving runs it again,
    a result says that it did."""
    cell_id: str | None = None
    """`None` for a tool that the model called directly."""
    code: str = ''
    """The whole cell."""
    line: int | None = None
    """The line of the call in the cell."""
    source_line: str = ''
    """The text of that line."""
    idempotency_key: str = ''
    """The key that the tool can read of its call: the same for every attempt at it. Empty for a direct call."""
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What the tool said when it asked: `ApprovalRequired(metadata=...)`. It stays with a call whose outcome is unknown."""
    until: datetime | None = None
    """When the decision expires, a time with its zone; `None` for never, see `decision_timeout`."""
    wait_id: str = ''
    """Names this wait: the same for as long as the call waits for this decision, another one when it waits again. A form
    that sends it back tells which wait somebody had before him."""


LOOK_UP_FAILED: Final = 'look_up_failed'
"""In the metadata of a call with an unknown outcome: why the function of `CodeMode(on_unknown_call=...)` could not tell."""

Decision: TypeAlias = AnyDecision | ToolApproved | ToolDenied | bool
"""`True` approves and `False` denies, as Pydantic AI's `ToolApproved` and `ToolDenied` do."""
Decisions: TypeAlias = Mapping[str, Decision] | Callable[[WaitingCall], Decision | None] | Decision
"""By `tool_call_id`; or asked for each call, `None` for later; or one for all."""


LookUp: TypeAlias = Callable[[RunContext[Any], WaitingCall], Decision | Awaitable[Decision | None] | None]
"""Says what became of a call that was under way when its process died, for `CodeMode(on_unknown_call=...)`: `ProvideResult(...)` if it
took effect, `Approve()` if it did not and is to be made, `None` where a person has to decide. `Deny` and `RaiseError` raise in the
code."""


def waiting_calls(requests: DeferredToolRequests) -> list[WaitingCall]:
    """Every call that waits: those inside cells, and those of tools that the model called directly.

    Raises:
        DecisionError: When `requests` is no `DeferredToolRequests`, or those of a cell were changed and cannot be read.
    """
    if not isinstance(cast('Any', requests), DeferredToolRequests):
        raise DecisionError(
            f'Nothing waits in {requests!r:.200}: it is no DeferredToolRequests. A run whose calls wait has one as its '
            'result.output; look with isinstance(result.output, DeferredToolRequests) first.'
        )
    calls: list[WaitingCall] = []
    for part in [*requests.approvals, *requests.calls]:
        metadata = requests.metadata.get(part.tool_call_id, {})
        cell = read_cell(metadata)
        if cell is not None:
            calls += [_waiting_call(shown, cell, cell.cell_id or part.tool_call_id) for shown in cell.calls]
        else:
            reason = 'approval' if part in requests.approvals else 'external'
            arguments = part.args_as_dict()
            calls.append(
                WaitingCall(
                    tool_call_id=part.tool_call_id,
                    tool_name=part.tool_name,
                    args=arguments,
                    reason=reason,
                    metadata=metadata,
                    wait_id=part.tool_call_id,
                )
            )
    return calls


def decide(requests: DeferredToolRequests, decisions: Decisions) -> DeferredToolResults:
    """The answers for the next run: `agent.run(message_history=..., deferred_tool_results=decide(...))`.

    Calls of a cell that are not decided still wait: the cell runs as far as it can and then asks again. A tool
    that the model called directly has to be decided.

    Raises:
        DecisionError: When an id is of no waiting call, a call is given a result that waits for an approval, or a tool
            that the model called directly is left out.
    """
    calls = {call.tool_call_id: call for call in waiting_calls(requests)}
    given = cast('Any', decisions)
    if isinstance(given, type) or not (isinstance(given, Mapping) or callable(given)):
        as_decision(given, 'what decide() is given for all calls')
    chosen = {id: decision for id, call in calls.items() if (decision := _decision(decisions, call)) is not None}
    named = cast('Mapping[str, Decision]', decisions) if isinstance(decisions, Mapping) else dict[str, Decision]()
    if unknown := sorted(named.keys() - calls.keys()):
        raise DecisionError(f'No call {unknown[0]!r} waits. Those that do: {", ".join(calls) or "none"}.')
    results = DeferredToolResults()
    for part in [*requests.approvals, *requests.calls]:
        cell = read_cell(requests.metadata.get(part.tool_call_id, {}))
        if cell is None:
            _decide_directly(results, calls[part.tool_call_id], chosen.get(part.tool_call_id))
            continue
        answers = {
            shown.id: _answer(chosen[shown.id], calls[shown.id], digest=shown.digest)
            for shown in cell.calls
            if shown.id in chosen
        }
        results.approvals[part.tool_call_id] = True
        results.metadata[part.tool_call_id] = {METADATA_KEY: {'token': cell.token, 'decisions': answers}}
    return results


def _decision(decisions: Decisions, call: WaitingCall) -> AnyDecision | None:
    decision = decisions
    if isinstance(decisions, Mapping):
        decision = cast('Mapping[str, Decision]', decisions).get(call.tool_call_id)
    elif callable(decisions):
        decision = decisions(call)
    return as_decision(decision, f'the decision on {call.tool_name}() ({call.tool_call_id})')


async def looked_up(look_up: LookUp, ctx: RunContext[Any], call: WaitingCall) -> Decided | None:
    """What somebody's function says became of a call; `None` when a person has to decide.

    Raises:
        DecisionError: When it gave what is no decision on a single call.
    """
    given = look_up(ctx, call)
    decision = as_decision(await given if isawaitable(given) else given, 'what on_unknown_call gives')
    if decision is None:
        return None
    if isinstance(decision, Approve) and decision.grant is not None:
        raise DecisionError('What on_unknown_call gives is for one call, so Approve(grant=...) cannot be.')
    return decided(decision)


def _answer(decision: AnyDecision, call: WaitingCall, *, digest: str) -> dict[str, Any]:
    if isinstance(decision, ProvideResult) and call.reason == 'approval':
        raise DecisionError(f'{call.tool_name}() waits for an approval, not for a result: give Approve() or Deny().')
    if isinstance(decision, Approve) and call.reason == 'external':
        raise DecisionError(
            f'{call.tool_name}() is made by somebody else: give its ProvideResult(...), RaiseError(...) or Deny().'
        )
    answer = {**asdict(decided(decision)), 'digest': digest}
    with suppress(TypeError, RecursionError):  # what is no plain data goes as Pydantic puts it into JSON
        answer['exact'] = to_typed_json({name: answer[name] for name in ('arguments', 'value', 'grant')})
    return answer


def _decide_directly(results: DeferredToolResults, call: WaitingCall, decision: AnyDecision | None) -> None:
    if decision is None:
        raise DecisionError(
            f'{call.tool_name}() ({call.tool_call_id}) was called by the model itself and has to be decided now.'
        )
    if call.reason == 'external' and isinstance(decision, ProvideResult):
        results.calls[call.tool_call_id] = decision.value
    elif isinstance(decision, Approve) and call.reason == 'approval':
        arguments = None if decision.override_args is None else dict(decision.override_args)
        results.approvals[call.tool_call_id] = ToolApproved(override_args=arguments)
    elif isinstance(decision, Deny) and call.reason == 'approval':
        results.approvals[call.tool_call_id] = ToolDenied(decision.message)
    else:
        raise DecisionError(f'{call.tool_name}() waits for {call.reason}; {decision!r} does not answer that.')


def _waiting_call(shown: ShownCall, cell: ShownCell, cell_id: str) -> WaitingCall:
    try:
        arguments = from_typed_json(shown.exact)
    except ValueError as error:
        raise DecisionError(f'The requests of cell {cell_id!r} are not as the agent gave them: {error}') from error
    return WaitingCall(
        tool_call_id=shown.id,
        tool_name=shown.tool,
        args=arguments,
        reason=shown.reason,
        cell_id=cell_id,
        code=cell.code,
        line=shown.line,
        source_line=source_line(cell.code, shown.line),
        idempotency_key=shown.key,
        metadata=shown.metadata,
        until=shown.until,
        wait_id=shown.wait,
    )


def source_line(code: str, line: int | None) -> str:
    """A line of a cell, by its number; empty when there is none."""
    lines = code.splitlines()
    return lines[line - 1].strip() if line and line <= len(lines) else ''


def spelled(shown: ShownCall) -> str:
    """A waiting call as code, with its arguments in the types that code gave them."""
    given: Mapping[str, Any] = shown.arguments
    with suppress(ValueError):
        given = from_typed_json(shown.exact)
    texts = [f'{name}={short_repr(value, max_chars=_MOST_SHOWN)}' for name, value in given.items()]
    return (
        f'{shown.tool}({", ".join(text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "…" for text in texts)})'
    )


_MOST_SHOWN: Final = 1_000
"""Characters of one argument; the data beside it has all of them."""
