"""What a running cell needs of its journal and of the grants, whoever keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ..events.journal_entries import Entry


class Granting(Protocol):
    """Knows which calls a person has allowed beforehand."""

    async def use(self, *, tool: str, arguments: Mapping[str, Any], cell_id: str, key: str) -> bool:
        """Whether a call is allowed; if so, that is written down as used.

        Raises:
            StoreError: When it could not be written; the call must not be made.
        """
        ...


class Recorder(Protocol):
    """Writes a cell's journal. Entries are written in the order of the calls of `write`."""

    async def write(self, *entries: Entry) -> None:
        """Once this returns the entries are as safe as the option `journal_writes` asks for.

        Raises:
            StoreError: When they could not be written; the cell must not continue.
        """
        ...

    def write_behind(self, *entries: Entry) -> None:
        """Write entries that the cell need not wait for: with the next ones, or a moment later. Where that fails, the
        next `write` raises it."""
        ...
