"""Errors of a run in words for whoever has the page, and two requests that resume the same cell at once.

Of those the one that comes too late fails. The cell has not failed: it stays as it was answered, so that the page may send
the same answer again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from pydantic_ai.ui import NativeEvent

from .._common.public_errors import public_errors
from ..errors import StoreConflict


class Conflicts:
    """Lifetime: one run."""

    def __init__(self) -> None:
        self.are_there = False

    async def watch(self, stream: AsyncIterator[NativeEvent]) -> AsyncIterator[NativeEvent]:
        """The events of a run.

        Raises:
            GrailError: In words for the page; its cause is the one that was raised.
        """
        with public_errors(is_public=True):
            try:
                async for event in stream:
                    yield event
            except StoreConflict:
                self.are_there = True
                raise
