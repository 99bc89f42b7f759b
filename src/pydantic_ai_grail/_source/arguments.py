"""What a tool's own validator says of arguments that are known before the call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentError:
    """One thing that the validator does not accept."""

    path: tuple[str | int, ...]
    """Where: the tool's own name of the argument, then keys and indexes inside it."""
    kind: str
    """Pydantic's type of the error (`'literal_error'`, `'missing'`)."""
    message: str
    """Pydantic's sentence (`Input should be 'open' or 'closed'`)."""


class Validate(Protocol):
    """Asks the validator of a tool about some of its arguments.

    `tool` is the name code calls it by, `arguments` are by the tool's own names. Arguments may be left out, so errors
    about missing ones mean nothing. An empty answer means that nothing speaks against them, also for a tool whose
    validator accepts anything.
    """

    def __call__(self, tool: str, arguments: Mapping[str, Any], /) -> tuple[ArgumentError, ...]: ...
