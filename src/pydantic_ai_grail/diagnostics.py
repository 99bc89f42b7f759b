"""What is wrong with a cell, as data: a stable code, a place in the code the model wrote, and the mend for it.

Nothing here is worded for a particular reader; `_reply/` turns it into text. Lines and columns count from 1 and are
always those of the source as the model wrote it, whatever was mended or wrapped around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

Stage = Literal['syntax', 'portability', 'check']
"""Which step before running found a diagnostic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place in a cell's source as the model wrote it. Lines and columns count from 1, columns in characters."""

    line: int
    column: int
    end_line: int | None = None
    end_column: int | None = None
    """One past the last character, as in an exclusive slice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One mistake in a cell."""

    code: str
    """A key of `CODES`. Stable: metrics, docs and tests name it."""
    message: str
    """What is wrong, in one sentence that names the thing."""
    position: Position
    stage: Stage
    fix: str | None = None
    """What to write instead, if it is known: a sentence or a line of code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mend:
    """A mechanical mistake that was put right before the check."""

    kind: str
    """A key of `MENDS`."""
    line: int
    note: str
    """What was changed, in one short line for the model."""


CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        # syntax
        'syntax-error': 'The code is not Python.',
        # portability: filled in by the table of `_source/portability.py`
        'unsupported': 'Monty cannot run this construct.',
        'unsupported-import': 'Monty has no module of this name.',
        # check
        'unknown-name': 'A name that exists nowhere in the session.',
        'unknown-module': 'A module that cannot be imported.',
        'unknown-attribute': 'A module, a type or a record without this attribute.',
        'unknown-argument': 'A tool has no parameter of this name.',
        'missing-argument': 'A tool is called without a parameter that it needs.',
        'too-many-arguments': 'A tool is called with more positional arguments than it takes.',
        'duplicate-argument': 'A tool is given the same parameter twice.',
        'wrong-type': 'An argument of a tool that its validator can never accept.',
        'unknown-key': 'A typed record has no such key.',
        'missing-key': 'A typed record is built without a key that it needs.',
        'not-awaited': 'The result of a tool is used before it was awaited.',
        'not-awaitable': 'A tool whose calls may not overlap is awaited, or something else that no await supports.',
        'wrong-unpacking': 'A tuple is unpacked into more or fewer names than it has items.',
        'not-a-tool': 'A tool is used in a way that no function supports.',
        'shadowed-tool': 'A tool is called by a name that a variable of the session has taken.',
    }
)
"""Every code a diagnostic may carry, with what it means."""
