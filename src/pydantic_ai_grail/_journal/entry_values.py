"""Journal entries as plain values, as they are written down, and back; also those of earlier versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from functools import cache
from types import MappingProxyType
from typing import Any, Final, cast, get_args

from ..events.journal_entries import Entry

_KINDS: Final[Mapping[str, type[Entry]]] = MappingProxyType({kind.__name__: kind for kind in get_args(Entry)})


_FORMER_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        'CellAsked': 'DecisionRequested',
        'asked_as': 'requested_by',
        'had': 'delivered_before',
        'handed': 'delivered',
        'said': 'tool_metadata',
    }
)
"""Kinds and fields of journals that were written before these had their present names."""


def entry_values(entry: Entry) -> dict[str, Any]:
    """An entry as plain values."""
    values = {each.name: getattr(entry, each.name) for each in fields(entry)}
    return {'kind': type(entry).__name__, **{name: _plain(value) for name, value in values.items()}}


def entry_of(values: Mapping[str, Any]) -> Entry:
    """The opposite of `entry_values`, also of those of earlier versions.

    Raises:
        ValueError: When they are of no entry that this version knows.
    """
    rest = {_FORMER_NAMES.get(name, name): value for name, value in values.items()}
    name = rest.pop('kind', '')
    kind = _KINDS.get(_FORMER_NAMES.get(name, name))
    if kind is None or not _needed(kind) <= rest.keys() <= {each.name for each in fields(kind)}:
        raise ValueError(f'This version knows no journal entry of the kind {values.get("kind")!r} with these fields.')
    return kind(**rest)


@cache
def _needed(kind: type[Entry]) -> frozenset[str]:
    """The fields without a default. Those that have one are newer than some journals."""
    return frozenset(each.name for each in fields(kind) if each.default is MISSING and each.default_factory is MISSING)


def _plain(value: Any) -> Any:
    return dict(cast('Mapping[Any, Any]', value)) if isinstance(value, Mapping) else value
