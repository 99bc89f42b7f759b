"""Decisions that carry on: what a conversation may do without being asked again, and how often it has.

They are a journal of the conversation's own, beside those of its cells: a use is written before the call, and counts for
good, also when the history is rewound. A fork under a new conversation id has none. States and cells that wait name how
far that journal had come, and revocations are written twice, so that deleting its newest rows brings nothing back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from anyio import Lock, sleep

from .._common.typed_json import to_typed_json
from ..errors import StoreConflict
from ..events.journal_entries import Entry, Granted, GrantRevoked, GrantUsed
from ..stores.base import CellKey, ConversationKey
from .cell_journal import CellJournal, Journals
from .reached import grants_set_back

_ATTEMPTS: Final = 100
_PAUSE_SECONDS: Final = 0.02
"""Another process that uses a grant of the same conversation has the claim for a few milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveGrant:
    """What a conversation may do without being asked."""

    id: str
    tool_name: str
    """The name code calls it by."""
    args: Mapping[str, Any]
    """A call must have these; others may be anything."""
    uses_left: int | None
    """`None`: any number."""
    scope: Literal['cell', 'session']
    granted_at: datetime


class Grants:
    """The grants of one conversation. Safe to use from several tasks.

    Args:
        journals: Where journals are.
        conversation: The conversation, and whose it is.
    """

    def __init__(self, journals: Journals, conversation: ConversationKey) -> None:
        self._journals = journals
        self._shows = _always
        self._key = conversation.cell('grants', '')
        self._revocations = conversation.cell('revoked-grants', '')
        self._lock = Lock()
        self._anchors = set[str]()
        self.anchor = ''
        """How far the journal has come, as far as this knows: `ID_OF_THE_FIRST_GRANT/ENTRIES`; empty when there are no grants.
        Whoever keeps it gives it to `reaches` later."""

    def reaches(self, anchor: str) -> None:
        """Hold that the journal has come as far as this `anchor` says, or was begun again; see `JournalTampered` of the rest."""
        if anchor:
            self._anchors.add(anchor)
            self.anchor = self.anchor or anchor

    async def add(self, granted: Granted) -> None:
        """Keep a grant; one of the same id only once.

        Raises:
            StoreError: When it could not be kept.
        """

        def entries(past: Sequence[Entry]) -> list[Entry]:
            is_there = any(isinstance(entry, Granted) and entry.id == granted.id for entry in past)
            return [] if is_there else [granted]

        await self._write(entries)

    async def use(self, *, tool: str, arguments: Mapping[str, Any], cell_id: str, key: str) -> bool:
        """Use a grant for a call, if there is one that allows it. The same `key` again uses nothing more.

        Raises:
            StoreError: When the use could not be written; the call must not be made.
        """
        used = False

        def entries(past: Sequence[Entry]) -> list[Entry]:
            nonlocal used
            used = any(isinstance(entry, GrantUsed) and entry.key == key for entry in past)
            usable = [
                entry for entry in past if not isinstance(entry, Granted) or self._shows(entry.by_cell, entry.by_code)
            ]
            fitting = None if used else _fitting(usable, tool=tool, arguments=arguments, cell_id=cell_id)
            used = used or fitting is not None
            return [] if fitting is None else [GrantUsed(id=fitting.id, key=key, at=self._journals.clock())]

        await self._write(entries)
        return used

    async def revoke(self, grant_id: str) -> bool:
        """Let a grant allow nothing more. False if there is none of this id.

        Raises:
            StoreError: When it could not be written.
            JournalTampered: When the journal was changed.
        """
        found = False

        def entries(past: Sequence[Entry]) -> list[Entry]:
            nonlocal found
            found = any(grant.id == grant_id for grant in _live(past))
            return [GrantRevoked(id=grant_id, at=self._journals.clock())] if found else []

        await self._write(entries, self._revocations)
        if found:
            await self._write(lambda past: [GrantRevoked(id=grant_id, at=self._journals.clock())])
        return found

    async def live(self) -> list[LiveGrant]:
        """Those that still allow something, the oldest first.

        Raises:
            StoreError: When the store failed.
            JournalTampered: When the journal was changed, or is shorter than it was.
        """
        return _live(await self._past())

    def only_of(self, shows: Callable[[str, str], bool]) -> None:
        """From now on use only grants of cells of which this says that the history has them, by id and digest of their code."""
        self._shows = shows

    async def _past(self, opened: CellJournal | None = None) -> Sequence[Entry]:
        """All entries, those of one journal as they were `opened`."""
        keys = self._key, self._revocations
        journals = [
            opened if opened is not None and opened.key == key else await self._journals.peek(key) for key in keys
        ]
        granted, revoked = (journal.entries for journal in journals)
        self._look_at(granted)
        return [*granted, *revoked]

    def _look_at(self, entries: Sequence[Entry]) -> None:
        first = entries[0].id if entries and isinstance(entries[0], Granted) else ''
        for anchor in self._anchors:
            begun, _, count = anchor.partition('/')
            if begun == first and len(entries) < int(count):
                raise grants_set_back(self._key.conversation_id, int(count), there=str(len(entries)))
        self.anchor = f'{first}/{len(entries)}' if first else ''

    async def _write(self, entries: Callable[[Sequence[Entry]], list[Entry]], key: CellKey | None = None) -> None:
        key = key or self._key
        async with self._lock:
            for _ in range(_ATTEMPTS):
                with suppress(StoreConflict):
                    await self._attempt(entries, key)
                    return
                await sleep(_PAUSE_SECONDS)
            await self._attempt(entries, key)

    async def _attempt(self, entries: Callable[[Sequence[Entry]], list[Entry]], key: CellKey) -> None:
        # Most conversations have no grants, and most looks find nothing to write: those take no claim.
        if not entries(await self._past()):
            return
        journal: CellJournal = await self._journals.reopen(key)
        try:
            new = entries(await self._past(journal))
            if new:
                await journal.finish(*new)
                if key == self._key:
                    self._look_at(journal.entries)
        finally:
            await journal.aclose()


def _always(_cell_id: str, _digest: str) -> bool:
    return True


def _live(past: Sequence[Entry]) -> list[LiveGrant]:
    revoked = {entry.id for entry in past if isinstance(entry, GrantRevoked)}
    uses = [entry.id for entry in past if isinstance(entry, GrantUsed)]
    grants = [entry for entry in past if isinstance(entry, Granted) and entry.id not in revoked]
    return [
        LiveGrant(
            id=grant.id,
            tool_name=grant.tool,
            args=grant.arguments,
            uses_left=None if grant.uses is None else grant.uses - uses.count(grant.id),
            scope='session' if grant.cell_id is None else 'cell',
            granted_at=grant.at,
        )
        for grant in grants
        if grant.uses is None or uses.count(grant.id) < grant.uses
    ]


def _fitting(past: Sequence[Entry], *, tool: str, arguments: Mapping[str, Any], cell_id: str) -> Granted | None:
    live = {grant.id for grant in _live(past)}
    for entry in past:
        if not isinstance(entry, Granted) or entry.id not in live or entry.tool != tool:
            continue
        if entry.cell_id in (None, cell_id) and all(
            name in arguments and to_typed_json(arguments[name]) == to_typed_json(value)
            for name, value in entry.arguments.items()
        ):
            return entry
    return None
