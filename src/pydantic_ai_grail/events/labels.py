"""Outcomes and verdicts in one word, for attributes and metrics."""

from __future__ import annotations

from typing import Literal, TypeAlias, assert_never

from .outcomes import Completed, Failed, Outcome, Refused, Suspended, Verdict

OutcomeLabel: TypeAlias = Literal['completed', 'refused', 'failed', 'cancelled', 'suspended', 'denied']
"""`'denied'`: the cell as a whole. One whose call was denied continues, and may complete or fail."""
StoppedLabel: TypeAlias = Literal['cancelled', 'error']
"""A cell that was left without an outcome."""
VerdictLabel: TypeAlias = Literal['accepted', 'accepted with hints', 'refused']


def outcome_label(outcome: Outcome) -> OutcomeLabel:
    match outcome:
        case Completed():
            return 'completed'
        case Refused():
            return 'refused'
        case Failed():
            return 'cancelled' if outcome.failure.kind == 'cancelled' else 'failed'
        case Suspended():
            return 'suspended'
        case _:
            assert_never(outcome)


def verdict_label(verdict: Verdict) -> VerdictLabel:
    if not verdict.is_accepted:
        return 'refused'
    return 'accepted with hints' if verdict.hints else 'accepted'
