"""Calls that wait for a decision, for the host: which there are, and how to answer them.

A cell that waits ends the run with Pydantic AI's `DeferredToolRequests`, in which `run_code` is what asks for approval.
`waiting_calls` shows the calls inside, `decide` answers them:

```python
for call in waiting_calls(result.output):
    print(call.tool, call.arguments, call.source_line)
answers = decide(result.output, lambda call: Approve() if call.arguments['amount'] <= 100 else Deny('too much'))
result = await agent.run(message_history=result.all_messages(), deferred_tool_results=answers)
```
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final, Literal, TypeAlias, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_ai.tools import DeferredToolRequests, DeferredToolResults, ToolApproved, ToolDenied
from pydantic_core import to_jsonable_python

from .calls import call_id, idempotency_key
from .errors import DecisionError
from .journal import CellResumed, Decided, DecisionKind, Granted, Known, KnownCall, WaitingReason
from .typed_json import to_typed_json

METADATA_KEY: Final = 'code_mode'


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingCall:
    """A call that waits, as the person who decides should see it."""

    id: str
    tool: str
    """The name code calls it by; for a tool that the model called directly, the agent's."""
    arguments: Mapping[str, Any]
    """As plain JSON values."""
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
    idempotency_key: str = ''
    """The key that the tool can read of its call: the same for every attempt at it. Empty for a direct call."""
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What the tool said when it asked: `ApprovalRequired(metadata=...)`."""
    until: datetime | None = None
    """When the decision expires."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What an approval allows beside the call: further calls of the same tool, without asking.

    Raises:
        DecisionError: When `uses` is not positive.
    """

    uses: int | None = None
    """How many further calls; `None` for any number."""
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Only calls with these arguments, equal in type and value: `{'repo': 'docs'}`."""
    scope: Literal['cell', 'session'] = 'session'
    """For this cell, or for the conversation. A fork under a new conversation id has none of them."""

    def __post_init__(self) -> None:
        if self.uses is not None and self.uses < 1:
            raise DecisionError(f'Grant(uses=...) is at least 1, or None for any number, got {self.uses!r}.')


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    """Let the call run; with other arguments, if they are given: all of them, as the tool takes them."""

    arguments: Mapping[str, Any] | None = None
    grant: Grant | None = None
    """Allows further calls as well."""


@dataclass(frozen=True, slots=True)
class Deny:
    """Do not let it run: code gets a `PermissionError` with this message at the line of the call."""

    message: str = 'The call was denied.'


@dataclass(frozen=True, slots=True)
class Result:
    """What the call returned, where somebody else made it."""

    value: Any = None


@dataclass(frozen=True, slots=True)
class Raise:
    """What the call raised, where somebody else made it: code gets this exception at the line of the call."""

    message: str
    exception_type: Literal['RuntimeError', 'ValueError', 'PermissionError', 'TimeoutError', 'LookupError'] = (
        'RuntimeError'
    )


Decision: TypeAlias = Approve | Deny | Result | Raise | bool
"""`True` approves, `False` denies."""
Decisions: TypeAlias = Mapping[str, Decision] | Callable[[WaitingCall], Decision | None] | Decision
"""By call id; or asked for each call, `None` for later; or one for all."""


def waiting_calls(requests: DeferredToolRequests) -> list[WaitingCall]:
    """Every call that waits: those inside cells, and those of tools that the model called directly."""
    calls: list[WaitingCall] = []
    for part in [*requests.approvals, *requests.calls]:
        metadata = requests.metadata.get(part.tool_call_id, {})
        cell = _shown_cell(metadata)
        if cell is not None:
            calls += [_waiting_call(shown, cell, part.tool_call_id) for shown in cell.calls]
        else:
            reason = 'approval' if part in requests.approvals else 'external'
            arguments = part.args_as_dict()
            calls.append(
                WaitingCall(
                    id=part.tool_call_id, tool=part.tool_name, arguments=arguments, reason=reason, metadata=metadata
                )
            )
    return calls


def decide(requests: DeferredToolRequests, decisions: Decisions) -> DeferredToolResults:
    """The answers for the next run: `agent.run(message_history=..., deferred_tool_results=decide(...))`.

    Calls of a cell that are not decided go on waiting: the cell goes on as far as it can and then asks again. A tool
    that the model called directly has to be decided.

    Raises:
        DecisionError: When an id is of no waiting call, a call is given a result that waits for an approval, or a tool
            that the model called directly is left out.
    """
    calls = {call.id: call for call in waiting_calls(requests)}
    chosen = {id: decision for id, call in calls.items() if (decision := _decision(decisions, call)) is not None}
    named = cast('Mapping[str, Decision]', decisions) if isinstance(decisions, Mapping) else dict[str, Decision]()
    if unknown := sorted(named.keys() - calls.keys()):
        raise DecisionError(f'No call {unknown[0]!r} waits. Those that do: {", ".join(calls) or "none"}.')
    results = DeferredToolResults()
    for part in [*requests.approvals, *requests.calls]:
        cell = _shown_cell(requests.metadata.get(part.tool_call_id, {}))
        if cell is None:
            _decide_directly(results, calls[part.tool_call_id], chosen.get(part.tool_call_id))
            continue
        answers = {
            shown.id: _decided(chosen[shown.id], calls[shown.id], digest=shown.digest)
            for shown in cell.calls
            if shown.id in chosen
        }
        results.approvals[part.tool_call_id] = True
        results.metadata[part.tool_call_id] = {METADATA_KEY: {'token': cell.token, 'decisions': answers}}
    return results


def _decision(decisions: Decisions, call: WaitingCall) -> Approve | Deny | Result | Raise | None:
    decision = decisions
    if isinstance(decisions, Mapping):
        decision = cast('Mapping[str, Decision]', decisions).get(call.id)
    elif callable(decisions):
        decision = decisions(call)
    if isinstance(decision, bool):
        return Approve() if decision else Deny()
    return cast('Approve | Deny | Result | Raise | None', decision)


def _decided(decision: Approve | Deny | Result | Raise, call: WaitingCall, *, digest: str) -> dict[str, Any]:
    if isinstance(decision, Result) and call.reason == 'approval':
        raise DecisionError(f'{call.tool}() waits for an approval, not for a result: give Approve() or Deny().')
    if isinstance(decision, Approve) and call.reason == 'external':
        raise DecisionError(f'{call.tool}() is made by somebody else: give its Result(...), Raise(...) or Deny().')
    kinds: Mapping[type, DecisionKind] = {Approve: 'approve', Deny: 'deny', Result: 'result', Raise: 'raise'}
    return {'kind': kinds[type(decision)], 'digest': digest, **asdict(decision)}


def _decide_directly(
    results: DeferredToolResults, call: WaitingCall, decision: Approve | Deny | Result | Raise | None
) -> None:
    if decision is None:
        raise DecisionError(f'{call.tool}() ({call.id}) was called by the model itself and has to be decided now.')
    if call.reason == 'external' and isinstance(decision, Result):
        results.calls[call.id] = decision.value
    elif isinstance(decision, Approve) and call.reason == 'approval':
        arguments = None if decision.arguments is None else dict(decision.arguments)
        results.approvals[call.id] = ToolApproved(override_args=arguments)
    elif isinstance(decision, Deny) and call.reason == 'approval':
        results.approvals[call.id] = ToolDenied(decision.message)
    else:
        raise DecisionError(f'{call.tool}() waits for {call.reason}; {decision!r} does not answer that.')


@dataclass(frozen=True, slots=True, kw_only=True)
class _ShownCall:
    id: str
    tool: str
    arguments: dict[str, Any]
    digest: str
    reason: WaitingReason
    line: int | None
    key: str
    metadata: dict[str, Any]
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _ShownCell:
    """What the requests carry of a cell."""

    token: str
    code: str
    calls: list[_ShownCall]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    kind: DecisionKind
    digest: str
    arguments: dict[str, Any] | None = None
    value: Any = None
    exception_type: str = ''
    message: str = ''
    grant: Grant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the results carry for a cell."""

    token: str
    decisions: dict[str, _Answer]


_SHOWN: Final = TypeAdapter(_ShownCell)
_ANSWERS: Final = TypeAdapter(Answers)


def shown_cell(token: str, code: str, cell_id: str, waiting: Sequence[KnownCall], *, scope: str) -> dict[str, Any]:
    """What a cell that waits says of itself in the requests, as plain JSON values."""
    calls = [
        _ShownCall(
            id=call_id(cell_id, call.began.ordinal),
            tool=call.began.tool,
            arguments=to_jsonable_python(dict(call.began.arguments), fallback=str),
            digest=_digest(call.began.arguments),
            reason=call.waits.reason,
            line=call.began.line,
            key=idempotency_key(scope, call_id(cell_id, call.began.ordinal)),
            metadata=dict(call.waits.metadata),
            until=call.waits.until,
        )
        for call in waiting
        if call.waits is not None
    ]
    return {METADATA_KEY: _SHOWN.dump_python(_ShownCell(token=token, code=code, calls=calls), mode='json')}


def answers_in(metadata: Any) -> Answers | None:
    """The decisions that the results of a run carry for a cell; `None` when the cell was approved as a whole.

    Raises:
        DecisionError: When they are not as `decide` makes them.
    """
    if not isinstance(metadata, Mapping) or METADATA_KEY not in metadata:
        return None
    try:
        return _ANSWERS.validate_python(cast('Mapping[str, Any]', metadata)[METADATA_KEY])
    except ValidationError as error:
        raise DecisionError(f'The decisions are not as decide() makes them: {error}') from error


def resumed(answers: Answers | None, known: Known, cell_id: str) -> CellResumed:
    """The decisions that a suspended cell goes on with.

    Raises:
        DecisionError: When one is of another suspension, of no waiting call, or was made looking at other arguments.
    """
    suspended = known.suspended
    assert suspended is not None
    now = datetime.now(UTC)
    waiting = {call_id(cell_id, call.began.ordinal): call for call in known.waiting}
    if answers is None:
        approved: Mapping[str, Any] = asdict(Decided(kind='approve'))
        decisions = {id: approved for id, call in waiting.items() if call.waits and call.waits.reason == 'approval'}
        return CellResumed(token=suspended.token, decisions=decisions, at=now)
    if answers.token != suspended.token:
        raise DecisionError(
            f'These decisions are for another wait of cell {cell_id!r} than the present one: they were used before, or '
            'the history or the store was set back. Decide on what the newest DeferredToolRequests show.'
        )
    decided: dict[str, Mapping[str, Any]] = {}
    for id, answer in answers.decisions.items():
        if id not in waiting:
            raise DecisionError(f'Call {id!r} of cell {cell_id!r} waits for no decision.')
        if answer.digest != _digest(waiting[id].began.arguments):
            raise DecisionError(f'Call {id!r} was decided on with other arguments in view than it waits with.')
        decided[id] = {name: value for name, value in asdict(answer).items() if name != 'digest'}
    return CellResumed(token=suspended.token, decisions=decided, at=now)


def granted(known: Known, cell_id: str, decisions: Mapping[str, Decided], at: datetime) -> list[Granted]:
    """What these decisions on the calls of a cell allow beside them."""
    tools = {call_id(cell_id, call.began.ordinal): call.began.tool for call in known.calls.values()}
    token = known.suspended.token if known.suspended is not None else ''
    return [
        Granted(
            id=sha256(f'{token}/{id}'.encode()).hexdigest()[:16],
            tool=tools[id],
            arguments=dict(decided.grant['arguments']),
            uses=decided.grant['uses'],
            cell_id=cell_id if decided.grant['scope'] == 'cell' else None,
            at=at,
        )
        for id, decided in decisions.items()
        if decided.grant is not None
    ]


def _shown_cell(metadata: Mapping[str, Any]) -> _ShownCell | None:
    if METADATA_KEY not in metadata:
        return None
    try:
        return _SHOWN.validate_python(metadata[METADATA_KEY])
    except ValidationError:
        return None


def _waiting_call(shown: _ShownCall, cell: _ShownCell, cell_id: str) -> WaitingCall:
    lines = cell.code.splitlines()
    return WaitingCall(
        id=shown.id,
        tool=shown.tool,
        arguments=shown.arguments,
        reason=shown.reason,
        cell_id=cell_id,
        code=cell.code,
        line=shown.line,
        source_line=lines[shown.line - 1].strip() if shown.line and shown.line <= len(lines) else '',
        idempotency_key=shown.key,
        metadata=shown.metadata,
        until=shown.until,
    )


def _digest(arguments: Mapping[str, Any]) -> str:
    return sha256(to_typed_json(dict(arguments)).encode()).hexdigest()[:32]
