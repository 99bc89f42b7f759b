"""What a cell prints, kept up to a limit; what comes after is counted and dropped, and the cell continues."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from ..events.outcomes import Printed


class PrintCapture:
    """A sink for one cell's prints. Monty calls it from a thread of its own, one call at a time."""

    def __init__(self, max_chars: int, *, on_print: Callable[[str], None] | None = None) -> None:
        """Make one for a cell. `told` is called with what is kept as it comes, from that thread."""
        self._room = max_chars
        self._on_print = on_print
        self._kept: list[str] = []
        self._dropped = 0

    def __call__(self, stream: Literal['stdout', 'stderr'], text: str) -> None:
        kept = text[: self._room]
        if kept:
            self._kept.append(kept)
            self._room -= len(kept)
            if self._on_print is not None:
                self._on_print(kept)
        self._dropped += len(text) - len(kept)

    def take_up(self, printed: Printed) -> None:
        """Continue from what the cell had printed when it was suspended."""
        self._kept.append(printed.text)
        self._room -= len(printed.text)
        self._dropped += printed.dropped_chars

    @property
    def printed(self) -> Printed:
        return Printed(text=''.join(self._kept), dropped_chars=self._dropped)
