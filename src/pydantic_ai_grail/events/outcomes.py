"""How a cell ended: `Completed | Refused | Failed | Suspended`. Match on it with `assert_never`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from ..limits import LimitName
from .calls import CallRecord
from .diagnostics import Diagnostic, Position, Rewrite

FailureKind = Literal['exception', 'limit', 'crash', 'cancelled']
"""What stopped a cell: its own code (or a tool it called), a limit, the death of its worker, the run's cancellation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """What a cell printed, stdout and stderr in the order of printing."""

    text: str = ''
    dropped_chars: int = 0
    """How much was printed beyond the limit and thrown away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFrame:
    """One frame of a traceback, innermost last."""

    line: int
    column: int
    end_column: int | None = None
    function: str | None = None
    source_line: str | None = None
    in_this_cell: bool = True
    """False in a function that an earlier cell defined; `line` is then that cell's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a cell stopped."""

    kind: FailureKind
    exception_type: str
    message: str
    frames: tuple[CodeFrame, ...] = ()
    limit: LimitName | None = None
    tool_name: str | None = None
    """The Python name of the tool whose call raised, if it was one."""
    ordinal: int | None = None
    """Which call of the cell that was."""

    @property
    def position(self) -> Position | None:
        """Where in this cell it happened, if it can be told."""
        for frame in reversed(self.frames):
            if frame.in_this_cell:
                return Position(line=frame.line, column=frame.column, end_column=frame.end_column)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What checking said of a cell. No refusals means accepted."""

    refusals: tuple[Diagnostic, ...] = ()
    hints: tuple[Diagnostic, ...] = ()
    """True remarks that refuse nothing; shown only if the cell then fails at that place."""
    remarks: tuple[Diagnostic, ...] = ()
    """What runs and gives a wrong answer; shown even if the cell succeeds."""

    @property
    def is_accepted(self) -> bool:
        return not self.refusals


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A collection or a text that is so large that only its head left the sandbox."""

    kind: str
    """`list`, `dict`, ..."""
    size: int
    """Its items, keys, characters or bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """The cell ran to its end."""

    value: Any
    has_value: bool
    """False when the cell ended in a statement that has no value, so `None` is not a result."""
    value_name: str | None = None
    """The variable that holds the value, if one does."""
    whole: Whole | None = None
    """What `value` is only the head of, if it is."""
    printed: Printed = Printed()
    calls: tuple[CallRecord, ...] = ()
    rewrites: tuple[Rewrite, ...] = ()
    remarks: tuple[Diagnostic, ...] = ()
    state_lost: bool = False
    """The sandbox ended when its state was read; the next cell starts from the state before this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Nothing ran."""

    refusals: tuple[Diagnostic, ...]
    source: str
    """The code as the model wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysThere:
    """What keys a dict has that lacks the one that was asked for."""

    first: tuple[Any, ...]
    count: int
    """How many there are in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The cell started and did not reach its end. What it assigned before lives on, unless its state was lost."""

    failure: Failure
    source: str
    printed: Printed = Printed()
    calls: tuple[CallRecord, ...] = ()
    rewrites: tuple[Rewrite, ...] = ()
    hints: tuple[Diagnostic, ...] = ()
    remarks: tuple[Diagnostic, ...] = ()
    state_lost: bool = False
    """The sandbox could not be kept; the next cell starts from the state before this one."""
    keys: KeysThere | None = None
    """Of the dict that a `KeyError` came from, where they could be looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspended:
    """The cell waits where it stands; a later run resumes it there."""

    waiting: tuple[CallRecord, ...]
    printed: Printed = Printed()
    calls: tuple[CallRecord, ...] = ()


Outcome: TypeAlias = Completed | Refused | Failed | Suspended
