"""What a cell's calls give occasion to tell, even if the cell comes to its end. Lifetime: the cell."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..diagnostics import Diagnostic, Position


@dataclass(slots=True, kw_only=True)
class CallRemarks:
    """Remarks in the order in which they were made, each once."""

    found: list[Diagnostic] = field(default_factory=list[Diagnostic])

    def none_left_out(self, tool: str, parameters: tuple[str, ...], line: int | None) -> None:
        """Of optional arguments that were `None`, and whose types have no null."""
        for name in parameters:
            message = f'{tool}({name}=None) was called without {name}, which is optional and takes no None.'
            self._add('none-left-out', message, line)

    def _add(self, code: str, message: str, line: int | None) -> None:
        if all(message != other.message for other in self.found):  # a loop makes the same call again and again
            position = Position(line=line or 1, column=1)
            self.found.append(Diagnostic(code=code, message=message, position=position, stage='check'))
