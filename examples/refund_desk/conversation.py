"""A conversation of the desk and what people decide in it, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic_ai import DeferredToolRequests, DeferredToolResults
from pydantic_ai.messages import ModelMessage

from pydantic_ai_grail import WaitingCall, waiting_calls

State = Literal['running', 'waiting', 'done', 'failed']
Verdict = Literal['approve', 'deny', 'happened']
"""`happened`: a call with an unknown outcome took effect."""


class NotPossible(Exception):
    """What was asked for does not fit the state the conversation is in. The message is for the person who asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a person said about a call that waits."""

    wait: str
    """The wait that the person saw. A call may wait more than once."""
    verdict: Verdict
    amount: Decimal | None = None
    """Another than the one that was asked for."""
    message: str = ''
    call: str = ''
    about: str = ''
    """What the call would do, in words."""
    taken: bool = False
    """A run knows of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A conversation as it was when it was read."""

    id: str
    title: str
    """What was asked first."""
    state: State
    prompt: str | None
    """What was asked, as long as it is not in the history."""
    history: list[ModelMessage]
    requests: DeferredToolRequests | None
    """What waits, or waited when work on it began."""
    answers: DeferredToolResults | None
    """The decisions that a run was given, as long as it has not come further."""
    error: str | None
    decisions: list[Decided]
    """In the order in which they were made."""
    changed_at: datetime

    @property
    def decided(self) -> list[Decided]:
        """Decisions of which no run knows yet."""
        return [decision for decision in self.decisions if not decision.taken]

    @property
    def waiting(self) -> list[WaitingCall]:
        """Calls that wait and were not decided on."""
        decided = {decision.wait for decision in self.decided}
        if self.requests is None or self.answers is not None:
            return []
        return [call for call in waiting_calls(self.requests) if call.wait_id not in decided]


def about(call: WaitingCall) -> str:
    """What a call would do, in words."""
    words = [call.tool_name.replace('_', ' ').capitalize()]
    if 'order' in call.metadata:
        words.append(call.metadata['order']['customer'])
    return ' '.join(words)
