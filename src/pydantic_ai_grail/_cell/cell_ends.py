"""How one call of `run_code` ends, where it does not raise that the cell waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic_ai.messages import UserContent

from ..events.outcomes import Completed, Failed, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class RanCell:
    """A cell that came to an end."""

    outcome: Completed | Failed | Refused
    notes: tuple[str, ...]
    """What the model is to know beside it."""
    content: Sequence[UserContent]
    """What its tools returned for the model's eyes."""
    metadata: dict[str, Any]
    """What its return carries for the next run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendedAgain:
    """The cell waits, and another tool call has to ask for the decisions."""

    calls: Sequence[str]
    """What it waits for, as code; empty for a cell that has not begun, and for one that was resumed since."""
    resume: str
    """The tool call that asked for the cell, for the next one to name."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeniedCell:
    """Somebody denied the cell as a whole, so that nothing more of it runs."""

    text: str
    """For the model."""


CellEnd: TypeAlias = RanCell | SuspendedAgain | DeniedCell
