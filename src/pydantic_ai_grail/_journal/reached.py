"""How far journals had come when this process last had them, so that one which was set back is found.

Whoever can write to a database can put back what it held before, and all of that has its right seal. Nothing in the same
database can tell; the memory of a process can, for as long as it runs and knows the journal.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Final
from weakref import WeakKeyDictionary

from ..errors import JournalTampered
from ..stores.base import CellKey, Store

MOST: Final = 10_000
"""Journals that are remembered, those that were used last: some 3 MB."""


@dataclass(frozen=True, slots=True)
class Place:
    """The end of a journal."""

    entries: int
    seal: bytes
    """Of the last entry, which covers all before it."""


@dataclass(kw_only=True)
class Reached:
    """The journals of one store. Lifetime: the store's. Safe to use from several threads."""

    most: int = MOST
    _places: OrderedDict[CellKey, Place] = field(default_factory=OrderedDict[CellKey, Place])
    _lock: Lock = field(default_factory=Lock)

    def wrote(self, key: CellKey, place: Place) -> None:
        """A journal was written on to here, under its claim."""
        with self._lock:
            self._places[key] = place
            self._places.move_to_end(key)
            if len(self._places) > self.most:
                self._places.popitem(last=False)

    def saw(self, key: CellKey, place: Place) -> None:
        """A journal had come this far when it was read; it may have been written on meanwhile."""
        before = self._places.get(key)
        if before is None or before.entries < place.entries:
            self.wrote(key, place)

    def of(self, key: CellKey) -> Place | None:
        """How far a journal had come; `None` where that is not known."""
        return self._places.get(key)


def set_back(key: CellKey, before: Place, *, there: int | None) -> JournalTampered:
    """What to raise for a journal that has come further than to what is `there`; `None` for other entries."""
    seen, found = f'{before.entries} entries', 'others' if there is None else str(there)
    if is_of_grants(key):
        return grants_set_back(key.conversation_id, before.entries, there=found)
    return JournalTampered(
        f'The journal of cell {key.cell_id!r} was set back, or forgotten and begun again: this process has seen {seen} of it, '
        f'and {found} are there. It is not resumed, for calls that it no longer shows may have taken effect.'
    )


def grants_set_back(conversation_id: str, entries: int, *, there: str) -> JournalTampered:
    """What to raise for grants whose journal had come further."""
    return JournalTampered(
        f'The grants of conversation {conversation_id!r} were set back: {entries} entries were written down, and {there} are '
        'there. Fork the conversation to continue without grants.'
    )


def is_of_grants(key: CellKey) -> bool:
    """Whether a journal is one of the conversation's own of its grants, and of no cell."""
    return key.cell_id in ('grants', 'revoked-grants') and not key.code_digest


def reached_in(store: Store) -> Reached:
    """What is remembered of the journals of a store, by all who have this object."""
    try:
        return _OF_STORES.setdefault(store, Reached())
    except TypeError:  # one of somebody's own that cannot be hashed or referred to
        return Reached()


_OF_STORES: Final = WeakKeyDictionary[Store, Reached]()
