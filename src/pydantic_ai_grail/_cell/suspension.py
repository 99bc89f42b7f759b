"""A cell that waits: which tool call asks for the decisions on it.

An approval that front ends send names a tool call and nothing else, so it counts for what that call asked first. A wait
after such an answer takes a call of its own: `run_code` returns that the cell `WaitsAnew`, and the next request of the run
asks (see `_cell/approval_requests.py`), or the model does.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from pydantic_ai.exceptions import ApprovalRequired
from pydantic_ai.messages import ModelMessage

from .._catalog.catalog import Catalog
from .._journal.cell_journal import Journals
from .._journal.journal_entries import CellAsked, CellQueued
from .._journal.replay import PastCalls
from .._reply.reply import denied, plain_call
from .._run.run_cell import Waiting
from .._state.envelope import code_digest
from ..approvals.requests import shown_cell
from ..errors import DecisionError, JournalError, StoreError
from ..events.calls import CallRecord
from ..events.cell_events import CellDenied, CellWaits, Observer
from ..stores.base import ConversationKey
from .agent_run import AgentRun
from .cell_ends import DeniedCell, WaitsAnew
from .message_history import code_of, denied_in
from .orphaned_cells import records_of
from .resuming import Opened, deny, suspended

MOST_ASKED: Final = 100
"""Tool calls that may ask for the decisions of one wait; a client can make them up, and each is an entry of the journal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """What is done where a cell waits."""

    run: AgentRun
    catalog: Catalog
    observe: Observer
    cell_id: str
    source: str
    scope: str
    tool_call_id: str
    """The call that asked for the cell."""
    resumed_by: str
    """The call that this run makes; the same one, unless it resumes the cell."""

    @property
    def asked_as(self) -> str:
        """How the journal names that call: empty for the one that asked for the cell."""
        return '' if self.resumed_by == self.tool_call_id else self.resumed_by

    async def still(self, opened: Opened) -> WaitsAnew:
        """It waits as before.

        Raises:
            ApprovalRequired: When this call asks for the decisions.
        """
        known = opened.journal.known()
        assert known.suspended is not None
        if opened.asks_anew:
            self._waits_on(opened)
            return self._anew(opened)
        if not known.is_asked(self.asked_as, known.suspended.token):
            if sum(token == known.suspended.token for _, token in known.asked) >= MOST_ASKED:
                raise DecisionError(
                    f'{MOST_ASKED} tool calls have asked for the decisions that cell {self.cell_id!r} waits for. Answer one of them.'
                )
            asked = CellAsked(token=known.suspended.token, asked_as=self.asked_as, at=datetime.now(UTC))
            await opened.journal.finish(asked)
        self._waits_on(opened)
        raise ApprovalRequired(metadata=self._shown(opened))

    async def queued(self, opened: Opened) -> WaitsAnew:
        """It has not begun, for one before it waits.

        Raises:
            ApprovalRequired: When this call asks whether it may begin.
        """
        if self.run.asks_anew:
            self._waits_on(opened)
            return self._anew(opened)
        if not opened.journal.known().is_asked(self.asked_as, ''):
            await opened.journal.finish(CellQueued(at=datetime.now(UTC), asked_as=self.asked_as))
        self._waits_on(opened)
        raise ApprovalRequired(metadata=self._shown(opened))

    async def begins(
        self,
        waiting: Waiting,
        opened: Opened,
        *,
        accepted: int,
        trace: dict[str, str],
        history: str,
        may_come_again: bool,
    ) -> WaitsAnew:
        """It has come to a wait: store where it stands.

        Args:
            waiting: The cell.
            opened: Its journal.
            accepted: How many calls code had made.
            trace: The trace context, as W3C headers.
            history: What the checker keeps of the cells before it.
            may_come_again: Whether it came here by an answer that may be sent again, which this wait must not be taken for.

        Raises:
            ApprovalRequired: When this call asks for the decisions.
        """
        asks = not may_come_again or opened.journal.known().first_asked(self.asked_as) is None
        asked_as = self.asked_as if asks else None
        await opened.journal.finish(
            suspended(
                waiting,
                accepted=accepted,
                trace=trace,
                history=history,
                grants=self.run.session.grants.anchor,
                asked_as=asked_as,
            )
        )
        await self.run.session.drop_held()
        if not asks:
            return self._anew(opened)
        raise ApprovalRequired(metadata=self._shown(opened))

    def denied(self, opened: Opened, message: str, *, notes: Sequence[str], reuses: bool) -> DeniedCell:
        """Somebody denied it as a whole.

        Args:
            opened: Its journal.
            message: What was said with that.
            notes: What the model is told beside it.
            reuses: Whether a cell that corrects it gets the results of the calls it made.
        """
        self.observe(CellDenied(cell_id=self.cell_id, message=message))
        made = records_of(self.cell_id, opened.journal.known(), self.catalog)
        return DeniedCell(text=denied(message, made, notes=notes, reuses=reuses))

    def _waits_on(self, opened: Opened) -> None:
        """Tell observers of a cell that waits without having run."""
        known = opened.journal.known()
        past = PastCalls(cell_id=self.cell_id, known=known)
        waiting = [
            CallRecord(
                request=past.request(ordinal, self.catalog),
                state='waiting',
                is_unknown=call.waits.reason == 'unknown',
            )
            for ordinal, call in sorted(known.calls.items())
            if call.waits is not None and call.ended is None
        ]
        self.observe(CellWaits(cell_id=self.cell_id, waiting=tuple(waiting)))

    def _shown(self, opened: Opened) -> dict[str, Any]:
        self.run.is_waiting = True
        known = opened.journal.known()
        token = known.suspended.token if known.suspended is not None else ''
        return shown_cell(token, self.source, self.cell_id, known.waiting, scope=self.scope)

    def _anew(self, opened: Opened) -> WaitsAnew:
        self.run.is_waiting = self.run.asks_anew = True
        calls = [plain_call(call.began.tool, call.began.arguments) for call in opened.journal.known().waiting]
        return WaitsAnew(calls=calls, resume=self.tool_call_id)


async def note_denials(
    journals: Journals, messages: Sequence[ModelMessage], conversation: ConversationKey, *, tool_name: str
) -> None:
    """Let nothing else count for cells that were denied since the last response without being called."""
    for denial in denied_in(messages, tool_name=tool_name):
        call, part = denial.asking, denial.part
        key = conversation.cell(denial.cell_id, code_digest(code_of(call)))
        asked_as = '' if call.tool_call_id == part.tool_call_id else part.tool_call_id
        with suppress(StoreError, JournalError, DecisionError):  # of two answers the first counts
            await deny(journals, key, asked_as=asked_as, message=part.model_response_str())
