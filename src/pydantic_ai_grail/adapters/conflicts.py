"""Two requests that go on with the same cell at once: what the one that comes too late gets.

It fails, in words for whoever has the page, without the process and the machine that have the cell. The cell has not
failed: it stays as it was answered, so that the page may send the same answer again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from pydantic_ai.ui import NativeEvent

from ..errors import StoreConflict

_TOLD: Final = 'Another request is working on this. Reload the page, or send the answer again in a moment.'


class Conflicts:
    """Lifetime: one run."""

    def __init__(self) -> None:
        self.are_there = False

    async def watch(self, stream: AsyncIterator[NativeEvent]) -> AsyncIterator[NativeEvent]:
        """The events of a run.

        Raises:
            StoreConflict: In words for the page; its cause has who has the cell.
        """
        try:
            async for event in stream:
                yield event
        except StoreConflict as error:
            self.are_there = True
            raise StoreConflict(_TOLD) from error
