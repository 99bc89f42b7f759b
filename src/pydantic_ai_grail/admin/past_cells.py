"""What the journals and states of a conversation say of its cells and calls, with their seals checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

from anyio.to_thread import run_sync

from .._journal.cell_journal import Journals
from .._journal.cell_state import journal_state_of
from .._journal.claims import is_held
from .._journal.reached import is_of_grants
from .._journal.stored_conversations import by_journal, opened_journal, opened_snapshot
from .._source.history import ANY, History
from .._state.envelope import Header, code_digest
from .._state.keyring import Keyring
from ..errors import JournalError, SnapshotError
from ..events.calls import CallState, call_id, idempotency_key
from ..events.journal_entries import (
    Began,
    CallBegan,
    CallEnded,
    CallWaits,
    CellEnded,
    CellQueued,
    CellResumed,
    CellState,
    CellSuspended,
    Decided,
    DecisionRequested,
    Entry,
    Granted,
    GrantRevoked,
    GrantUsed,
)
from ..stores.base import CellKey, Claim, Contents, Store

CellStatus: TypeAlias = Literal['completed', 'failed', 'waiting', 'queued', 'under way']
"""`'queued'`: it has not begun, for an earlier cell of the same response waits. `'under way'`: a process runs it, or died
over it."""

_STATUSES: Final[Mapping[CellState, CellStatus]] = MappingProxyType(
    {
        'unjournaled': 'under way',
        'queued': 'queued',
        'under way': 'under way',
        'waiting': 'waiting',
        'completed': 'completed',
        'failed': 'failed',
        'denied': 'failed',
    }
)

HIDDEN: Final = '[hidden]'
"""Stands for content that is not to be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDecision:
    """What was decided of a call, and when its cell was resumed with that."""

    decided: Decided
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCall:
    """A call, as far as it came."""

    tool_call_id: str
    tool_name: str
    """The name code calls it by."""
    args: Mapping[str, Any]
    line: int | None
    attempts: int
    """The number of the newest attempt; to ask for an approval is none. 0 if the tool was not called, for the cell corrects
    a failed one and got the result that the same call had there."""
    began_at: datetime
    state: CallState
    idempotency_key: str
    """The key that the tool can read of the newest attempt."""
    waits: CallWaits | None = None
    """What it waits for, or waited for last."""
    decisions: tuple[PastDecision, ...] = ()
    grant: str | None = None
    """The id of the grant that allowed it."""
    ended: CallEnded | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCell:
    """A cell, as far as it came."""

    cell_id: str
    code_digest: str
    status: CellStatus | None
    """`None` when that cannot be told; see `problem`."""
    code: str | None = None
    """As the model wrote it; of a cell without calls as it was run, with its rewrites. `None` where only the message
    history has it."""
    began_at: datetime | None = None
    """When it made its first call; `None` for a cell without calls. If its journal cannot be opened, when that was written."""
    waiting_since: datetime | None = None
    ended_at: datetime | None = None
    error: str | None = None
    """Why it failed, `Type: message`; `None` also where its journal does not say."""
    error_line: int | None = None
    claim: Claim | None = None
    """Who has its journal, or had it last and did not give it back."""
    is_claimed: bool = False
    """Whether that process still has it, as far as can be told from here. A cell that is under way and is not claimed was
    interrupted: its process died, or its run was cancelled."""
    calls: tuple[PastCall, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    """Those that lived after it, with a word or two on each."""
    entries: tuple[Entry, ...] = field(default=(), repr=False)
    """Its journal, for what is not said here."""
    problem: str | None = None
    """Why its journal or its state is not to be trusted, or cannot be read."""

    @property
    def is_unfinished(self) -> bool:
        """Whether it may still be resumed, as far as can be seen."""
        return self.status not in ('completed', 'failed')


async def cells_in(store: Store, contents: Contents, keyring: Keyring) -> list[PastCell]:
    """As `pydantic_ai_grail.admin.inspection.list_cells`, of what was read."""
    return await run_sync(_cells_in, contents, journals_of(store, keyring))


def journals_of(store: Store, keyring: Keyring) -> Journals:
    """Journals to be read, or copied."""
    return Journals(store=store, keyring=keyring, store_timeout_seconds=60, writes_calls=False, claim_seconds=30)


def _cells_in(contents: Contents, journals: Journals) -> list[PastCell]:
    cells: dict[CellKey, PastCell] = {}
    opened: dict[CellKey, tuple[Entry, ...]] = {}
    for key, records in by_journal(contents.entries).items():
        try:
            opened[key] = opened_journal(key, records, journals)
        except JournalError as error:
            cells[key] = PastCell(
                cell_id=key.cell_id,
                code_digest=key.code_digest,
                status=None,
                began_at=records[0].written_at,
                problem=str(error),
            )
    grants = [entry for key, entries in opened.items() if is_of_grants(key) for entry in entries]
    used = {entry.key: entry.id for entry in grants if isinstance(entry, GrantUsed)}
    for key, entries in opened.items():
        if not is_of_grants(key):
            cells[key] = _past_cell(key, entries, used)
    for record in contents.snapshots:
        key = CellKey(record.owner, record.conversation_id, record.cell_id, record.code_digest)
        cell = cells.get(key) or PastCell(cell_id=key.cell_id, code_digest=key.code_digest, status=None)
        try:
            cells[key] = _with_state(cell, opened_snapshot(record, journals.keyring)[0])
        except SnapshotError as error:
            cells[key] = replace(cell, ended_at=cell.ended_at or record.created_at, problem=cell.problem or str(error))
    return sorted(cells.values(), key=_first_seen)


def _past_cell(key: CellKey, entries: tuple[Entry, ...], used: Mapping[str, str]) -> PastCell:
    """What a journal says of its cell. `used`: the grants that calls used, by the keys of these."""
    status = _STATUSES[journal_state_of(entries, cell_id=key.cell_id).state]
    cell = PastCell(cell_id=key.cell_id, code_digest=key.code_digest, status=status, entries=entries)
    calls: dict[int, PastCall] = {}
    for entry in entries:
        match entry:
            case CellQueued():
                cell = replace(cell, waiting_since=entry.at)
            case Began():
                cell = replace(cell, code=entry.source, waiting_since=None)
            case CallBegan() | CallWaits() | CallEnded():
                calls[entry.ordinal] = _call_after(entry, calls.get(entry.ordinal), key, used)
            case CellSuspended():
                times = [call.waits.at for call in calls.values() if call.waits and call.state == 'waiting']
                cell = replace(cell, waiting_since=min(times, default=None))
            case CellResumed():
                cell = replace(cell, waiting_since=None)
                for ordinal, call in calls.items():
                    if call.tool_call_id in entry.decisions:
                        decision = PastDecision(decided=Decided(**entry.decisions[call.tool_call_id]), at=entry.at)
                        calls[ordinal] = replace(call, decisions=(*call.decisions, decision))
            case CellEnded():
                cell = replace(
                    cell,
                    waiting_since=None,
                    ended_at=entry.at,
                    error=entry.error or None,
                    error_line=entry.line,
                )
            case DecisionRequested() | Granted() | GrantUsed() | GrantRevoked():
                pass  # how it was asked; of the conversation's journal of grants
    made = tuple(calls[ordinal] for ordinal in sorted(calls))
    return replace(cell, calls=made, began_at=min((call.began_at for call in made), default=None))


def _call_after(
    entry: CallBegan | CallWaits | CallEnded, before: PastCall | None, key: CellKey, used: Mapping[str, str]
) -> PastCall:
    if isinstance(entry, CallBegan):
        id = call_id(key.cell_id, entry.ordinal)
        derived = idempotency_key(key.scope, id)
        call = before or PastCall(
            tool_call_id=id,
            tool_name=entry.tool,
            args=entry.arguments,
            line=entry.line,
            attempts=entry.attempt,
            began_at=entry.at,
            state='started',
            idempotency_key=derived,
            grant=used.get(derived),
        )
        return replace(
            call,
            args=entry.arguments,
            attempts=entry.attempt,
            state='started',
            idempotency_key=entry.key or derived,
            ended=None,
        )
    assert before is not None  # the seal says that we wrote it, and a call begins first
    if isinstance(entry, CallWaits):
        return replace(before, state='waiting', waits=entry)
    return replace(before, state=entry.state, ended=entry)


def _with_state(cell: PastCell, header: Header) -> PastCell:
    """A cell with what the state after it says."""
    problem = cell.problem
    began = any(isinstance(entry, Began) for entry in cell.entries)
    if began and cell.is_unfinished:
        problem = problem or 'It left a state, and its journal does not have its end: the journal was set back.'
    return replace(
        cell,
        status=None if problem else header.outcome,
        code=_last_of(header) if cell.code is None else cell.code,
        waiting_since=None,
        ended_at=cell.ended_at or header.created_at,
        variables=header.variables,
        problem=problem,
    )


def _last_of(header: Header) -> str | None:
    """The code of the cell that left a state, from what the checker keeps."""
    try:
        cells = History.from_json(header.history).cells
    except ValueError:
        return None  # of another version
    if not cells:
        return None
    source = cells[-1].source
    stands_for_many = len(cells) == 1 and (header.generation > 0 or ANY in source)
    return None if stands_for_many and code_digest(source) != header.code_digest else source.rstrip('\n')


def _first_seen(cell: PastCell) -> datetime:
    return cell.began_at or cell.ended_at or cell.waiting_since or datetime.max.replace(tzinfo=UTC)


def without_content(cell: PastCell) -> PastCell:
    calls = tuple(
        replace(
            call,
            args=dict.fromkeys(call.args, HIDDEN),
            waits=call.waits and replace(call.waits, metadata={}),
            decisions=tuple(replace(each, decided=Decided(kind=each.decided.kind)) for each in call.decisions),
            ended=call.ended and replace(call.ended, value=HIDDEN, message=None, content=''),
        )
        for call in cell.calls
    )
    error = cell.error and cell.error.partition(':')[0]
    return replace(cell, code=None, error=error, calls=calls, variables={}, entries=())


def with_claim(cell: PastCell, claim: Claim | None, now: datetime) -> PastCell:
    return replace(cell, claim=claim, is_claimed=claim is not None and is_held(claim, now))
