"""Whether a cell begins or is resumed: what its journal, its history and the decisions of this run say together.

A cell is resumed where it was suspended, or, if its process died, from its beginning or its last suspension, with the calls
that had settled answered from the journal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from .._journal.cell_journal import CellJournal, Journals
from .._run.run_cell import Resumption, Waiting
from .._source.prepared import Prepared
from ..approvals.requests import Answers, Fits, Whole, resumed
from ..errors import DecisionError, DecisionNotAwaited, DecisionUsed, JournalMismatch
from ..events.journal_entries import EMPTY_JOURNAL, CellEnded, CellResumed, CellSuspended, Decided, JournalState
from ..stores.base import CellKey
from .session import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A cell that is about to run."""

    journal: CellJournal
    journaled: JournalState = EMPTY_JOURNAL
    resumption: Resumption | None = None
    decisions: Mapping[str, Decided] = field(default_factory=dict[str, Decided])
    decided_at: datetime | None = None
    is_new: bool = False
    """The model has just asked for it, so that it should have no journal."""
    still_waits: bool = False
    """It was suspended, and this run brings no decisions."""
    requests_again: bool = False
    """It was suspended, and what this run brings is not for that suspension, which takes a request of its own."""
    denied: str | None = None
    """What somebody said who denied it as a whole; it is not resumed, or never began."""
    was_decided: bool = False
    """What this run brings says otherwise than what was decided before, and counts for nothing."""

    @property
    def changed_arguments(self) -> Mapping[str, Mapping[str, Any]]:
        """What a person had calls made with instead of what code gave, by call id."""
        taken = [entry.decisions for entry in self.journal.entries if isinstance(entry, CellResumed)]
        given = {id: decided['arguments'] for each in taken for id, decided in each.items()}
        return {id: arguments for id, arguments in given.items() if arguments is not None}

    @property
    def trace(self) -> Mapping[str, str]:
        """The trace of the run that it is resumed from, as W3C headers; empty when that was not traced."""
        left_at = self.journaled.suspended or self.journaled.began
        return {} if left_at is None else left_at.trace

    @property
    def grants(self) -> str:
        """How far the conversation's journal of grants had come when the cell was suspended."""
        return '' if self.journaled.suspended is None else self.journaled.suspended.grants

    def carried_state(self, newest_first: Sequence[str], stored: State, *, is_lost: bool) -> State | None:
        """The state that the cell carries with it, where the store does not have the one it began from; `None` otherwise.

        Args:
            newest_first: The cells of the history, by id.
            stored: What the store has for that history.
            is_lost: Whether the store should have another one.
        """
        began, suspended = self.journaled.began, self.journaled.suspended
        if began is None or suspended is None:
            return None
        if not is_lost:
            if began.parent not in newest_first or began.parent == stored.cell_id:
                return None
            # A history without metadata does not say that a cell left a state. The newest that there is may be older.
            older = newest_first[newest_first.index(began.parent) :]
            if stored.cell_id is not None and stored.cell_id not in older:
                return None
        return State(history=suspended.history, feeds=suspended.feeds)


async def open_cell(
    journals: Journals,
    key: CellKey,
    *,
    origin: str | None,
    may_open_origin: bool,
    requested_by: str,
    answers: Answers | Whole | None,
    fits: Fits,
) -> Opened:
    """A cell of an earlier run: its journal, with the claim to it, and where it is resumed.

    Args:
        journals: Where journals are.
        key: The cell, in the conversation of this run.
        origin: The conversation in which the model asked for it, if the history says; another one in a fork.
        may_open_origin: Whether the history may lead to what that one has. Otherwise decisions do that name the wait.
        requested_by: The tool call that this run makes for it; empty for the one that asked for the cell.
        answers: The decisions this run brings, if it brings any.
        fits: Looks whether one can be carried out.

    Raises:
        StoreConflict: When another process runs it.
        JournalTampered, JournalMismatch, DecisionError: When it must not be resumed.
        StoreError: When the store failed.
    """
    journal = await journals.reopen(key)
    try:
        if journal.state().began is None and origin is not None and origin != key.conversation_id:
            there = await journals.peek(key._replace(conversation_id=origin))
            if there.entries and not (may_open_origin or _names_wait(answers, there.state())):
                raise JournalMismatch(
                    f'Cell {key.cell_id!r} began in another conversation, and nothing but ids says that this run may '
                    'resume it. Bring the decisions on its calls, as decide() makes them, continue in its conversation, or give '
                    'CodeMode(owner=...), so that the conversations have one owner.'
                )
            journal.copy_from(there)
        opened = await _opened(journal, key, requested_by=requested_by, answers=answers, fits=fits)
        if (
            opened.journaled.began is not None
            and opened.journaled.ended is None
            and await journals.has_state_after(key)
        ):
            raise JournalMismatch(
                f'Cell {key.cell_id!r} came to its end before, and its journal does not have it: the journal was set '
                'back to an older state. It is not resumed, for calls that it no longer shows took effect.'
            )
        return opened
    except BaseException:
        await journal.aclose()
        raise


def _names_wait(answers: Answers | Whole | None, journaled: JournalState) -> bool:
    """Whether decisions are of the present wait of a cell, whose token nobody can guess."""
    return (
        isinstance(answers, Answers) and journaled.suspended is not None and answers.token == journaled.suspended.token
    )


async def deny(journals: Journals, key: CellKey, *, requested_by: str, message: str) -> None:
    """Let a cell end that was denied as a whole, if nothing was decided before.

    Raises:
        StoreConflict, JournalError, DecisionError, StoreError: As `open_cell`.
    """
    answers = Whole(denied=message)
    opened = await open_cell(
        journals, key, origin=None, may_open_origin=False, requested_by=requested_by, answers=answers, fits=_anything
    )
    await opened.journal.aclose()


def _anything(tool: str, decided: Mapping[str, Any]) -> None:
    """A cell that ends carries nothing out."""


async def _opened(
    journal: CellJournal, key: CellKey, *, requested_by: str, answers: Answers | Whole | None, fits: Fits
) -> Opened:
    journaled = journal.state()
    if requested_by and not journaled.requests:
        raise DecisionNotAwaited(f'Cell {key.cell_id!r} never waited, so that nothing can resume it.')
    if journaled.began is None:
        return await _queued(journal, journaled, key, requested_by=requested_by, answers=answers)
    opened = Opened(
        journal=journal,
        journaled=journaled,
        resumption=Resumption(prepared=Prepared.from_json(journaled.began.prepared), suspended=journaled.suspended),
    )
    match journaled.state:
        case 'denied':
            return _denied(opened, journaled, answers, key)
        case 'waiting':
            return await _waiting(opened, key, requested_by=requested_by, answers=answers, fits=fits)
        case _:  # it was interrupted, or ended without that its reply came into the history
            return _interrupted(opened, key, requested_by=requested_by, answers=answers)


async def _waiting(
    opened: Opened, key: CellKey, *, requested_by: str, answers: Answers | Whole | None, fits: Fits
) -> Opened:
    """A cell that waits for decisions."""
    journal, journaled = opened.journal, opened.journaled
    assert journaled.suspended is not None
    token = journaled.suspended.token
    if answers is None:
        is_first = requested_by != '' and journaled.first_requested(requested_by) is None
        is_its_own = is_first or journaled.has_requested(requested_by, token)
        return replace(opened, still_waits=is_its_own, requests_again=not is_its_own)
    about = _token_decided(answers, journaled, journal, key, requested_by)
    was_decided = _is_decided_otherwise(answers, about, journaled, journal, key)
    if about != token:
        return replace(opened, requests_again=True, was_decided=was_decided)
    if isinstance(answers, Whole) and answers.denied is not None:
        return await _end(opened, answers.denied)
    if answers == Whole() and all(call.waits and call.waits.reason != 'approval' for call in journaled.waiting):
        return replace(opened, still_waits=True)  # for somebody else's results; there is nothing to approve
    entry = resumed(answers, journaled, key.cell_id, fits=fits)
    journal.write_behind(entry)  # with the first call, before it begins
    if not journal.journals.writes_calls:
        await journal.store()
    return replace(opened, **_decided(entry))


def _interrupted(opened: Opened, key: CellKey, *, requested_by: str, answers: Answers | Whole | None) -> Opened:
    """A cell that does not wait: it is resumed from its beginning, or with the decisions that it was resumed with."""
    journal, journaled = opened.journal, opened.journaled
    if journaled.suspended is None:
        if isinstance(answers, Answers):
            raise DecisionError(f'Cell {key.cell_id!r} waits for no decision.')
        return opened
    assert journaled.resumed is not None
    decided = _decided(journaled.resumed)
    if answers is None:
        return replace(opened, **decided)
    about = _token_decided(answers, journaled, journal, key, requested_by)
    return replace(opened, was_decided=_is_decided_otherwise(answers, about, journaled, journal, key), **decided)


async def _queued(
    journal: CellJournal, journaled: JournalState, key: CellKey, *, requested_by: str, answers: Answers | Whole | None
) -> Opened:
    """A cell that never began."""
    if answers is not None and not journaled.has_requested(requested_by, ''):
        raise JournalMismatch(
            f'Cell {key.cell_id!r} was waiting, and {journal.journals.store!r} has no journal of it: it was '
            'forgotten, set back, or kept in another store. It is not run again, for its calls may have taken effect.'
        )
    opened = Opened(journal=journal)
    if journaled.state == 'denied':
        return _denied(opened, journaled, answers, key)
    if isinstance(answers, Whole) and answers.denied is not None:
        return await _end(opened, answers.denied)
    return opened


async def _end(opened: Opened, message: str) -> Opened:
    """Nothing more of a cell runs that was denied as a whole."""
    await opened.journal.finish(CellEnded(outcome='failed', at=datetime.now(UTC), error=message))
    return replace(opened, denied=message)


def _denied(opened: Opened, journaled: JournalState, answers: Answers | Whole | None, key: CellKey) -> Opened:
    """A cell that was denied as a whole before.

    Raises:
        DecisionUsed: When other decisions come, and not from where things are sent again.
    """
    if answers is not None and not answers.may_repeat:
        raise DecisionUsed(
            f'Cell {key.cell_id!r} was denied as a whole. A decision counts once; what was decided stays.'
        )
    is_denial = isinstance(answers, Whole) and answers.denied is not None
    message = '' if journaled.ended is None else journaled.ended.error
    return replace(opened, denied=message, was_decided=answers is not None and not is_denial)


def _decided(entry: CellResumed) -> dict[str, Any]:
    return {'decisions': {id: Decided(**values) for id, values in entry.decisions.items()}, 'decided_at': entry.at}


def _token_decided(
    answers: Answers | Whole, journaled: JournalState, journal: CellJournal, key: CellKey, requested_by: str
) -> str:
    """The token of the suspension that decisions are about.

    Raises:
        DecisionError: When the cell never asked for them.
    """
    assert journaled.suspended is not None
    if isinstance(answers, Answers):
        is_older = any(isinstance(each, CellSuspended) and each.token == answers.token for each in journal.all_entries)
        return answers.token if answers.may_repeat and is_older else journaled.suspended.token
    token = journaled.first_requested(requested_by)
    if token is None:
        raise DecisionError(f'Cell {key.cell_id!r} has asked for no decision with the tool call {requested_by!r}.')
    return token


def _is_decided_otherwise(
    answers: Answers | Whole, about: str, journaled: JournalState, journal: CellJournal, key: CellKey
) -> bool:
    """Whether something else was decided before: what is sent again says the same, what comes too late may not.

    Raises:
        DecisionUsed: When it was, and what this run brings is not from where things are sent again.
    """
    entries = (each for each in journal.all_entries if isinstance(each, CellResumed) and each.token == about)
    before = next(entries, None) if answers.may_repeat else journaled.resumed
    if before is None:
        return False
    if isinstance(answers, Whole):
        return not answers.agrees(before.decisions)
    is_same = answers.token == before.token and answers.taken() == dict(before.decisions)
    if not is_same and not answers.may_repeat:
        raise DecisionUsed(
            f'Cell {key.cell_id!r} was resumed with other decisions. A decision counts once; what was decided stays.'
        )
    return not is_same


def suspended(
    waiting: Waiting, *, accepted: int, trace: Mapping[str, str], history: str, grants: str, requested_by: str | None
) -> CellSuspended:
    """Where a cell waits, for its journal.

    Args:
        waiting: The cell.
        accepted: How many calls code had made.
        trace: The trace context, as W3C headers.
        history: What the checker keeps of the cells before it.
        grants: How far the conversation's journal of grants has come.
        requested_by: The tool call that asks for its decisions, if one does.
    """
    parked, printed = waiting.parked, waiting.outcome.printed
    return CellSuspended(
        token=token_hex(16),
        numbers=parked.numbers,
        at_call=parked.at_call,
        slept=parked.slept,
        accepted=accepted,
        slept_seconds=parked.slept_seconds,
        feeds=parked.feeds,
        printed=printed.text,
        dropped_chars=printed.dropped_chars,
        trace=trace,
        history=history,
        grants=grants,
        requested_by=requested_by,
        dump=parked.dump,
    )
