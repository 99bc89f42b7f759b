"""What a cell's calls give occasion to tell, even if the cell comes to its end. Lifetime: the cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .._common.short_repr import short_repr
from ..events.calls import CallRequest
from ..events.diagnostics import Diagnostic, Position


def spelled(requests: Sequence[CallRequest]) -> str:
    """Calls in a few words, with their verb: the first of them, and how many more."""
    first = requests[0]
    arguments = ', '.join(f'{key}={short_repr(value, max_chars=60)}' for key, value in first.args.items())
    text = f'{first.tool.python_name}({arguments if len(arguments) <= 60 else "..."})'
    return f'{text} was' if len(requests) == 1 else f'{text} and {len(requests) - 1} more were'


@dataclass(slots=True, kw_only=True)
class CallRemarks:
    """Remarks in the order in which they were made, each once."""

    found: list[Diagnostic] = field(default_factory=list[Diagnostic])

    def none_left_out(self, tool: str, parameters: tuple[str, ...], line: int | None) -> None:
        """Of optional arguments that were `None`, and whose types have no null."""
        for name in parameters:
            message = f'{tool}({name}=None) was called without {name}, which is optional and takes no None.'
            self._add('none-left-out', message, line)

    def never_awaited(self, requests: Sequence[CallRequest]) -> None:
        """Of calls that code made and did not await, so that they never began; CPython warns of these as well."""
        if requests:
            message = f'{spelled(requests)} never awaited, so not made: put await before the call.'
            self._add('never-awaited', message, requests[0].line)

    def _add(self, code: str, message: str, line: int | None) -> None:
        if all(message != other.message for other in self.found):  # a loop makes the same call again and again
            position = Position(line=line or 1, column=1)
            self.found.append(Diagnostic(code=code, message=message, position=position, stage='check'))
