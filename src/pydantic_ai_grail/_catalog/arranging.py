"""Gives every tool its Python name: flat while the whole listing fits a budget, else in a module for each toolset."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Collection, Mapping

from ..events.calls import ToolFacts
from .declarations import unify
from .entries import Catalog, Entry
from .listing import fits_flat
from .signatures import Signature
from .stubs import catalog_stubs
from .tool_names import RESERVED, assign_identifiers
from .tool_reading import Home, ToolReading


def arrange(
    tools: list[tuple[ToolReading, Home]], *, budget_chars: int, reserved: Collection[str] = RESERVED
) -> Catalog:
    """The catalog of these tools."""
    flat = _flat(tools, reserved)
    if fits_flat(flat, budget_chars=budget_chars):
        return _catalog(flat, {})
    return _in_modules(tools, reserved)


def _flat(tools: list[tuple[ToolReading, Home]], reserved: Collection[str]) -> list[Entry]:
    names = assign_identifiers({reading.tool_name: reading.tool_name for reading, _ in tools}, reserved=reserved)
    signatures = unify([reading.signature for reading, _ in tools], taken=names.values())
    return [
        _entry(reading, names[reading.tool_name], signature)
        for (reading, _), signature in zip(tools, signatures, strict=True)
    ]


def _in_modules(tools: list[tuple[ToolReading, Home]], reserved: Collection[str]) -> Catalog:
    groups: dict[str, list[tuple[ToolReading, Home]]] = {}
    for reading, home in tools:
        groups.setdefault(home.name, []).append((reading, home))
    # A module of tools must not stand in the way of one that Python has.
    modules = assign_identifiers({name: name for name in groups}, reserved={*reserved, *sys.stdlib_module_names})
    entries: list[Entry] = []
    members: dict[str, tuple[str, ...]] = {}
    for group, inside in groups.items():
        module = modules[group]
        names = assign_identifiers(
            {reading.tool_name: home.own_name(reading.tool_name) for reading, home in inside}, reserved=reserved
        )
        signatures = unify([reading.signature for reading, _ in inside], taken=names.values())
        added = [
            _entry(reading, names[reading.tool_name], signature, module=module)
            for (reading, _), signature in zip(inside, signatures, strict=True)
        ]
        members[module] = tuple(entry.facts.python_name for entry in added)
        entries += added
    return _catalog(entries, members)


def _entry(reading: ToolReading, name: str, signature: Signature, *, module: str | None = None) -> Entry:
    facts = ToolFacts(
        tool_name=reading.tool_name,
        python_name=name if module is None else f'{module}.{name}',
        sequential=reading.sequential,
        read_only=reading.read_only,
        idempotent=reading.idempotent,
    )
    return Entry(
        facts=facts,
        signature=signature,
        description=reading.description,
        module=module,
        arguments_as_json=reading.arguments_as_json,
    )


def _catalog(entries: list[Entry], modules: Mapping[str, tuple[str, ...]]) -> Catalog:
    stubs = catalog_stubs(entries)
    return Catalog(
        entries={entry.facts.python_name: entry for entry in entries},
        fingerprint=_digest((stubs.flat, sorted(stubs.modules.items()))),
        wording=_digest(entries),
        modules=modules,
    )


def _digest(value: object) -> str:
    """A short name for a value of strings, numbers and dataclasses, the same in every process."""
    return hashlib.sha256(repr(value).encode()).hexdigest()[:32]
