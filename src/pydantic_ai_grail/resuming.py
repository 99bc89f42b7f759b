"""Whether a cell begins or goes on: what its journal, its history and the decisions of this run say together.

A cell goes on where it was suspended, or, if its process died, from its beginning or its last suspension, with the calls
that had settled answered from the journal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_hex
from typing import Any

from ._run.cell import GoingOn, Waiting
from ._sessions.journal import CellJournal, Journals
from ._sessions.session import State
from ._source.prepared import Prepared
from .errors import DecisionError, DecisionUsed, JournalForeign
from .journal import NOTHING_KNOWN, CellResumed, CellSuspended, Decided, Known
from .requests import Answers, Fits, resumed
from .stores.base import CellKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A cell that is about to run."""

    journal: CellJournal
    known: Known = NOTHING_KNOWN
    going_on: GoingOn | None = None
    decisions: Mapping[str, Decided] = field(default_factory=dict[str, Decided])
    decided_at: datetime | None = None
    is_new: bool = False
    """The model has just asked for it, so that it should have no journal."""
    still_waits: bool = False
    """It was suspended, and this run brings no decisions."""

    @property
    def changed_arguments(self) -> Mapping[str, Mapping[str, Any]]:
        """What a person had calls made with instead of what code gave, by call id."""
        taken = [entry.decisions for entry in self.journal.entries if isinstance(entry, CellResumed)]
        given = {id: decided['arguments'] for each in taken for id, decided in each.items()}
        return {id: arguments for id, arguments in given.items() if arguments is not None}

    @property
    def trace(self) -> Mapping[str, str]:
        """The trace of the run that it goes on from, as W3C headers; empty when that was not traced."""
        left_at = self.known.suspended or self.known.began
        return {} if left_at is None else left_at.trace

    @property
    def grants(self) -> str:
        """How far the conversation's journal of grants had come when the cell was suspended."""
        return '' if self.known.suspended is None else self.known.suspended.grants

    def carried_state(self, newest_first: Sequence[str], stored: State, *, is_lost: bool) -> State | None:
        """The state that the cell carries with it, where the store does not have the one it began from; `None` otherwise.

        Args:
            newest_first: The cells of the history, by id.
            stored: What the store has for that history.
            is_lost: Whether the store should have another one.
        """
        began, suspended = self.known.began, self.known.suspended
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
    journals: Journals, key: CellKey, *, origin: str | None, approved: bool, answers: Answers | None, fits: Fits
) -> Opened:
    """A cell of an earlier run: its journal, with the claim to it, and where it goes on.

    Args:
        journals: Where journals are.
        key: The cell, in the conversation of this run.
        origin: The conversation in which the model asked for it, if the history says; another one in a fork.
        approved: Whether this run approves the cell.
        answers: The decisions it brings on single calls.
        fits: Looks whether one can be carried out.

    Raises:
        StoreConflict: When another process runs it.
        JournalTampered, JournalForeign, DecisionError: When it must not go on.
        StoreError: When the store failed.
    """
    journal = await journals.reopen(key)
    try:
        if journal.known().began is None and origin is not None and origin != key.conversation_id:
            journal.copy_from(await journals.peek(key._replace(conversation_id=origin)))
        opened = await _opened(journal, key, approved=approved, answers=answers, fits=fits)
        if opened.known.began is not None and opened.known.ended is None and await journals.has_state_after(key):
            raise JournalForeign(
                f'Cell {key.cell_id!r} came to its end before, and its journal does not have it: the journal was set '
                'back to an older state. It does not go on, for calls that it no longer shows took effect.'
            )
        return opened
    except BaseException:
        await journal.aclose()
        raise


async def _opened(journal: CellJournal, key: CellKey, *, approved: bool, answers: Answers | None, fits: Fits) -> Opened:
    known = journal.known()
    if known.began is None:
        if approved and not known.is_queued:
            raise JournalForeign(
                f'Cell {key.cell_id!r} was waiting, and {journal.journals.store!r} has no journal of it: it was '
                'forgotten, set back, or kept in another store. It is not run again, for its calls may have taken effect.'
            )
        return Opened(journal=journal)
    going_on = GoingOn(prepared=Prepared.from_json(known.began.prepared), suspended=known.suspended)
    if known.suspended is None:
        if answers is not None:
            raise DecisionError(f'Cell {key.cell_id!r} waits for no decision.')
        return Opened(journal=journal, known=known, going_on=going_on)
    if known.resumed is None:
        if not approved:
            return Opened(journal=journal, known=known, going_on=going_on, still_waits=True)
        entry = resumed(answers, known, key.cell_id, fits=fits)
        journal.write_behind(entry)  # with the first call, before it begins
        if not journal.journals.writes_calls:
            await journal.store()
    else:
        entry = known.resumed
        _compare(answers, entry, key)
    decisions = {id: Decided(**values) for id, values in entry.decisions.items()}
    return Opened(journal=journal, known=known, going_on=going_on, decisions=decisions, decided_at=entry.at)


def suspended(waiting: Waiting, *, accepted: int, trace: Mapping[str, str], history: str, grants: str) -> CellSuspended:
    """Where a cell waits, for its journal.

    Args:
        waiting: The cell.
        accepted: How many calls code had made.
        trace: The trace context, as W3C headers.
        history: What the checker keeps of the cells before it.
        grants: How far the conversation's journal of grants has come.
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
        dump=parked.dump,
    )


def _compare(answers: Answers | None, recorded: CellResumed, key: CellKey) -> None:
    """A run that died is started again with the decisions it had; others come too late."""
    if answers is None:
        return
    if answers.token != recorded.token or answers.taken() != dict(recorded.decisions):
        raise DecisionUsed(
            f'Cell {key.cell_id!r} has gone on with other decisions. A decision counts once; what was decided stays.'
        )
