"""What a cell that waits says of itself in Pydantic AI's requests, and what the results bring back: plain JSON values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, ClassVar, Final, Literal, TypeAlias, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from .._common.typed_json import from_typed_json, to_typed_json
from ..errors import DecisionError, DecisionUsed
from ..events.calls import MADE_WITH, METADATA_KEY, call_id, idempotency_key
from ..events.journal_entries import (
    CallWaits,
    CellResumed,
    Decided,
    DecisionKind,
    Granted,
    JournaledCall,
    JournalState,
    WaitingReason,
)
from ..stores.base import CellKey
from .decisions import ApprovalGrant


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCall:
    """A call, by the names that stored requests have."""

    id: str
    tool: str
    arguments: dict[str, Any]
    """As plain JSON values, for whoever reads the requests as they are."""
    exact: str
    """The same as typed JSON."""
    digest: str
    reason: WaitingReason
    line: int | None
    key: str
    metadata: dict[str, Any]
    until: datetime | None
    wait: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCell:
    """What the requests carry of a cell."""

    token: str
    code: str
    calls: list[ShownCall]
    cell_id: str = ''


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenGrant:
    """What the results carry of an `ApprovalGrant`, by the names that journals have.

    Raises:
        DecisionError: As `ApprovalGrant`.
    """

    uses: int | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    scope: Literal['cell', 'session'] = 'session'

    def __post_init__(self) -> None:
        ApprovalGrant(uses=self.uses, args=self.arguments, scope=self.scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the results carry for one call of a cell."""

    kind: DecisionKind
    digest: str
    arguments: dict[str, Any] | None = None
    value: Any = None
    exception_type: str = ''
    message: str = ''
    grant: GivenGrant | None = None
    exact: str = ''
    """`arguments`, `value` and `grant` once more, as typed JSON: as plain JSON they lose their types."""

    def taken(self) -> Mapping[str, Any]:
        """The decision, as it is written down.

        Raises:
            DecisionError: When it is not as `decide` made it.
        """
        values = {**asdict(self), **self._exactly()}
        return {name: _plain(value) for name, value in values.items() if name not in ('digest', 'exact')}

    def _exactly(self) -> Mapping[str, Any]:
        try:
            return from_typed_json(self.exact) if self.exact else {}
        except ValueError as error:
            raise DecisionError(f'The decisions are not as decide() makes them: {error}') from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the results carry for a cell."""

    token: str
    decisions: dict[str, Answer]
    may_repeat: bool = False
    """Sent again, they do nothing and give what became of the cell, as front ends send what they sent before. Otherwise that
    is an error."""

    def taken(self) -> dict[str, Mapping[str, Any]]:
        """The decisions, by call id, as they are written down.

        Raises:
            DecisionError: When one is not as `decide` made it.
        """
        return {id: answer.taken() for id, answer in self.decisions.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """What a host says of a cell that knows nothing of its calls: it approves all that wait for that, or ends the cell."""

    denied: str | None = None
    """The message, if it does not allow them."""

    may_repeat: ClassVar[bool] = True

    def agrees(self, decisions: Mapping[str, Mapping[str, Any]]) -> bool:
        """Whether that is what was decided before."""
        return all(
            decision['kind'] == ('approve' if self.denied is None else 'deny') for decision in decisions.values()
        )


Fits: TypeAlias = Callable[[str, Mapping[str, Any]], None]
"""Raises a `DecisionError` for a decision, as it is written down, that the tool of that name cannot be called with."""

_SHOWN: Final = TypeAdapter(ShownCell)
_ANSWERS: Final = TypeAdapter(Answers)
_DENIED: Final = 'denied'


def shown_cell(token: str, code: str, cell_id: str, waiting: Sequence[JournaledCall], *, scope: str) -> dict[str, Any]:
    """What a cell that waits says of itself in the requests, as plain JSON values."""
    calls = [
        ShownCall(
            id=call_id(cell_id, call.began.ordinal),
            tool=call.began.tool,
            arguments=to_jsonable_python(_made_with(call), fallback=str),
            exact=to_typed_json(_made_with(call)),
            digest=_digest(call.began.arguments),
            reason=call.waits.reason,
            line=call.began.line,
            key=call.own_key or idempotency_key(scope, call_id(cell_id, call.began.ordinal)),
            metadata={name: value for name, value in call.waits.metadata.items() if name != MADE_WITH},
            until=call.waits.until,
            wait=_wait_id(cell_id, call.waits),
        )
        for call in waiting
        if call.waits is not None
    ]
    return {
        METADATA_KEY: _SHOWN.dump_python(ShownCell(token=token, code=code, calls=calls, cell_id=cell_id), mode='json')
    }


def _made_with(call: JournaledCall) -> dict[str, Any]:
    """What a call is, or perhaps was, made with: as code gave it, unless a person had changed that."""
    return dict(call.began.tool_metadata.get(MADE_WITH, call.began.arguments))


def denied(message: str) -> dict[str, Any]:
    """What the results carry for a cell where a host denied it as a whole."""
    return {METADATA_KEY: {_DENIED: message}}


def answers_in(metadata: Any) -> Answers | Whole:
    """The decisions that the results of a run carry for a cell.

    Raises:
        DecisionError: When they are not as `decide` makes them.
    """
    if not isinstance(metadata, Mapping) or METADATA_KEY not in metadata:
        return Whole()
    given = cast('Mapping[str, Any]', metadata)[METADATA_KEY]
    if isinstance(given, Mapping) and _DENIED in given:
        return Whole(denied=str(cast('Mapping[str, Any]', given)[_DENIED]))
    try:
        return _ANSWERS.validate_python(given)
    except ValidationError as error:
        raise DecisionError(f'The decisions are not as decide() makes them: {error}') from error


def resumed(answers: Answers | Whole, journaled: JournalState, cell_id: str, *, fits: Fits) -> CellResumed:
    """The decisions that a suspended cell is resumed with.

    Raises:
        DecisionUsed: When they are of another suspension.
        DecisionError: When one is of no waiting call, was made looking at other arguments, or cannot be carried out.
    """
    suspended = journaled.suspended
    assert suspended is not None
    now = datetime.now(UTC)
    waiting = {call_id(cell_id, call.began.ordinal): call for call in journaled.waiting}
    if isinstance(answers, Whole):
        approved: Mapping[str, Any] = asdict(Decided(kind='approve'))
        decisions = {id: approved for id, call in waiting.items() if call.waits and call.waits.reason == 'approval'}
        return CellResumed(token=suspended.token, decisions=decisions, at=now)
    if answers.token != suspended.token:
        raise DecisionUsed(
            f'These decisions are for another wait of cell {cell_id!r} than the present one: they were used before, or '
            'the history or the store was set back. Run the agent with this history and without decisions, to be told '
            'what waits now.'
        )
    decided: dict[str, Mapping[str, Any]] = {}
    for id, answer in answers.decisions.items():
        if id not in waiting:
            raise DecisionError(f'Call {id!r} of cell {cell_id!r} waits for no decision.')
        if answer.digest != _digest(waiting[id].began.arguments):
            raise DecisionError(f'Call {id!r} was decided on with other arguments in view than it waits with.')
        decided[id] = answer.taken()
        _check_kind(answer.kind, waiting[id])
        fits(waiting[id].began.tool, decided[id])
    return CellResumed(token=suspended.token, decisions=decided, at=now)


def _check_kind(kind: DecisionKind, call: JournaledCall) -> None:
    reason = call.waits.reason if call.waits is not None else None
    if kind == 'result' and reason == 'approval':
        raise DecisionError(f'{call.began.tool}() waits for an approval, not for a result.')
    if kind == 'approve' and reason == 'external':
        raise DecisionError(f'{call.began.tool}() is made by somebody else, who gives its result.')


def granted(
    journaled: JournalState, key: CellKey, decisions: Mapping[str, Decided], at: datetime | None
) -> list[Granted]:
    """What these decisions on the calls of a cell allow beside them."""
    tools = {call_id(key.cell_id, call.began.ordinal): call.began.tool for call in journaled.calls.values()}
    token = journaled.suspended.token if journaled.suspended is not None else ''
    return [
        Granted(
            id=sha256(f'{token}/{id}'.encode()).hexdigest()[:16],
            tool=tools[id],
            arguments=dict(decided.grant['arguments']),
            uses=decided.grant['uses'],
            cell_id=key.cell_id if decided.grant['scope'] == 'cell' else None,
            at=at or datetime.now(UTC),
            by_cell=key.cell_id,
            by_code=key.code_digest,
        )
        for id, decided in decisions.items()
        if decided.grant is not None
    ]


def read_cell(metadata: Mapping[str, Any]) -> ShownCell | None:
    if METADATA_KEY not in metadata:
        return None
    try:
        return _SHOWN.validate_python(metadata[METADATA_KEY])
    except ValidationError:
        return None


def _wait_id(cell_id: str, waits: CallWaits) -> str:
    text = f'{call_id(cell_id, waits.ordinal)}/{waits.reason}/{waits.after}/{waits.at.isoformat()}'
    return sha256(text.encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    """A value that can be written down: itself, or the JSON that Pydantic makes of it."""
    try:
        to_typed_json(value)
    except (TypeError, RecursionError):
        return to_jsonable_python(value, fallback=str)
    return value


def _digest(arguments: Mapping[str, Any]) -> str:
    return sha256(to_typed_json(dict(arguments)).encode()).hexdigest()[:32]
