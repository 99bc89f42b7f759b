"""A cell that waits: which tool call asks for the decisions on it.

An approval that front ends send names a tool call and nothing else, so it counts for what that call asked first. A wait
after such an answer takes a call of its own: `run_code` returns that the cell `SuspendedAgain`, and the next request of the run
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
from .._journal.replay import Replay
from .._reply.reply import denied, plain_call
from .._run.run_cell import Waiting
from .._state.envelope import code_digest
from ..approvals.requests import shown_cell
from ..errors import DecisionError, JournalError, StoreError
from ..events.calls import CallRecord
from ..events.cell_events import CellDenied, CellWaits, Observer
from ..events.journal_entries import CellQueued, DecisionRequested
from ..stores.base import ConversationKey
from .agent_run import AgentRun
from .cell_ends import DeniedCell, SuspendedAgain
from .cells_called import code_of
from .message_history import denied_in
from .orphaned_cells import records_of
from .resuming import Opened, deny, suspended

MOST_REQUESTS: Final = 100
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
    def requested_by(self) -> str:
        """How the journal names that call: empty for the one that asked for the cell."""
        return '' if self.resumed_by == self.tool_call_id else self.resumed_by

    async def still(self, opened: Opened) -> SuspendedAgain:
        """It waits as before.

        Raises:
            ApprovalRequired: When this call asks for the decisions.
        """
        journaled = opened.journal.state()
        assert journaled.suspended is not None
        if opened.requests_again:
            self._waits_on(opened)
            return self._again(opened)
        if not journaled.has_requested(self.requested_by, journaled.suspended.token):
            if sum(token == journaled.suspended.token for _, token in journaled.requests) >= MOST_REQUESTS:
                raise DecisionError(
                    f'{MOST_REQUESTS} tool calls have asked for the decisions that cell {self.cell_id!r} waits for. Answer one of them.'
                )
            entry = DecisionRequested(
                token=journaled.suspended.token, requested_by=self.requested_by, at=datetime.now(UTC)
            )
            await opened.journal.finish(entry)
        self._waits_on(opened)
        raise ApprovalRequired(metadata=self._shown(opened))

    async def queued(self, opened: Opened) -> SuspendedAgain:
        """It has not begun, for one before it waits.

        Raises:
            ApprovalRequired: When this call asks whether it may begin.
        """
        if self.run.requests_again:
            self._waits_on(opened)
            return self._again(opened)
        if not opened.journal.state().has_requested(self.requested_by, ''):
            await opened.journal.finish(CellQueued(at=datetime.now(UTC), requested_by=self.requested_by))
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
        may_repeat: bool,
    ) -> SuspendedAgain:
        """It has come to a wait: store where it stands.

        Args:
            waiting: The cell.
            opened: Its journal.
            accepted: How many calls code had made.
            trace: The trace context, as W3C headers.
            history: What the checker keeps of the cells before it.
            may_repeat: Whether it came here by an answer that may be sent again, which this wait must not be taken for.

        Raises:
            ApprovalRequired: When this call asks for the decisions.
        """
        asks = not may_repeat or opened.journal.state().first_requested(self.requested_by) is None
        requested_by = self.requested_by if asks else None
        await opened.journal.finish(
            suspended(
                waiting,
                accepted=accepted,
                trace=trace,
                history=history,
                grants=self.run.session.grants.anchor,
                requested_by=requested_by,
            )
        )
        await self.run.session.drop_held()
        if not asks:
            return self._again(opened)
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
        made = records_of(self.cell_id, opened.journal.state(), self.catalog)
        return DeniedCell(text=denied(message, made, notes=notes, reuses=reuses))

    def _waits_on(self, opened: Opened) -> None:
        """Tell observers of a cell that waits without having run."""
        journaled = opened.journal.state()
        replay = Replay(cell_id=self.cell_id, journaled=journaled)
        waiting = [
            CallRecord(
                request=replay.request(ordinal, self.catalog),
                state='waiting',
                is_unknown=call.waits.reason == 'unknown',
            )
            for ordinal, call in sorted(journaled.calls.items())
            if call.waits is not None and call.ended is None
        ]
        self.observe(CellWaits(cell_id=self.cell_id, waiting=tuple(waiting)))

    def _shown(self, opened: Opened) -> dict[str, Any]:
        self.run.is_waiting = True
        journaled = opened.journal.state()
        token = journaled.suspended.token if journaled.suspended is not None else ''
        return shown_cell(token, self.source, self.cell_id, journaled.waiting, scope=self.scope)

    def _again(self, opened: Opened) -> SuspendedAgain:
        self.run.is_waiting = self.run.requests_again = True
        calls = [plain_call(call.began.tool, call.began.arguments) for call in opened.journal.state().waiting]
        return SuspendedAgain(calls=calls, resume=self.tool_call_id)


async def note_denials(
    journals: Journals, messages: Sequence[ModelMessage], conversation: ConversationKey, *, tool_name: str
) -> None:
    """Let nothing else count for cells that were denied since the last response without being called."""
    for denial in denied_in(messages, tool_name=tool_name):
        call, part = denial.asking, denial.part
        key = conversation.cell(denial.cell_id, code_digest(code_of(call)))
        requested_by = '' if call.tool_call_id == part.tool_call_id else part.tool_call_id
        with suppress(StoreError, JournalError, DecisionError):  # of two answers the first counts
            await deny(journals, key, requested_by=requested_by, message=part.model_response_str())
