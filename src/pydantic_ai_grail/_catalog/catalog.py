"""The tools a cell may call, as Python: entries by name, in modules or flat, with a fingerprint of it all.

A catalog is built on every model step, so a builder keeps what it read of each tool and builds again only what changed.
"""

from __future__ import annotations

import hashlib
import sys
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic_ai import Tool
from pydantic_ai.toolsets import AbstractToolset
from pydantic_ai.toolsets.abstract import ToolsetTool

from ..calls import ToolFacts
from .declarations import unify
from .names import RESERVED, assign_identifiers
from .reading import Home, ToolReading, functions_by_validator, home_of, read_tool
from .signatures import Signature

DEFAULT_BUDGET_CHARS: Final = 8_000
_MAX_VARIANTS: Final = 4
_MAX_TOOLS: Final = 4_096
_MAX_CATALOGS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One tool as a Python function."""

    facts: ToolFacts
    signature: Signature
    description: str = ''
    module: str | None = None
    """The module it lives in, or `None` when it is called by its bare name."""
    arguments_as_json: bool = False
    """Arguments must be made JSON-able before the tool's validator sees them (schema-only tools)."""

    @property
    def name(self) -> str:
        """The function's name inside its module."""
        return self.facts.python_name.rpartition('.')[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """All entries, by the name code calls them by (`search`, `github.list_issues`)."""

    entries: Mapping[str, Entry]
    fingerprint: str
    """Equal for catalogs with equal stubs; names the warm checkers that fit."""
    modules: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Python names of the entries of each module; empty for a flat catalog."""


class CatalogBuilder:
    """Builds catalogs, and remembers what it read. One builder serves all runs of an agent."""

    def __init__(self, *, budget_chars: int = DEFAULT_BUDGET_CHARS, reserved: Collection[str] = ()) -> None:
        """
        Args:
            budget_chars: How long the listing may be before tools move into modules.
            reserved: Further names that no tool or module may take, such as importable modules.
        """
        self._budget_chars = budget_chars
        self._reserved = RESERVED | frozenset(reserved)
        self._readings: OrderedDict[str, list[_KeptReading]] = OrderedDict()
        self._catalogs: OrderedDict[tuple[object, ...], tuple[Catalog, list[ToolReading]]] = OrderedDict()

    def build(self, tools: Mapping[str, ToolsetTool[Any]], *, root: AbstractToolset[Any]) -> Catalog:
        """The catalog of `tools`, all of which `root` provides. The same object as before if nothing changed."""
        finder = _FunctionFinder(root)
        homes: dict[object, Home] = {}
        readings: list[ToolReading] = []
        places: list[Home] = []
        for tool in tools.values():
            readings.append(self._reading(tool, finder))
            key = (id(tool.toolset), tool.tool_def.capability_id)
            if key not in homes:
                homes[key] = home_of(tool)
            places.append(homes[key])
        key = (*map(id, readings), *places)
        if (kept := self._catalogs.get(key)) is not None:
            self._catalogs.move_to_end(key)
            return kept[0]
        catalog = arrange(
            list(zip(readings, places, strict=True)), budget_chars=self._budget_chars, reserved=self._reserved
        )
        # The readings are kept with the catalog, so that no other object can come to have their ids.
        self._catalogs[key] = (catalog, readings)
        if len(self._catalogs) > _MAX_CATALOGS:
            self._catalogs.popitem(last=False)
        return catalog

    def _reading(self, tool: ToolsetTool[Any], finder: _FunctionFinder) -> ToolReading:
        definition = tool.tool_def
        # Tuples compare their items by identity first, so unchanged schemas cost nothing to compare.
        key = (
            tool.args_validator,
            definition.parameters_json_schema,
            definition.return_schema,
            definition.description,
            definition.sequential,
            definition.metadata,
        )
        variants = self._readings.get(definition.name)
        if variants is not None:
            for kept in variants:
                if kept.key == key:
                    return kept.reading
        reading = read_tool(tool, finder.find(tool))
        variants = self._readings.setdefault(definition.name, [])
        variants.insert(0, _KeptReading(key, reading))
        del variants[_MAX_VARIANTS:]
        if len(self._readings) > _MAX_TOOLS:
            self._readings.popitem(last=False)
        return reading


def build_catalog(
    tools: Mapping[str, ToolsetTool[Any]],
    *,
    root: AbstractToolset[Any],
    budget_chars: int = DEFAULT_BUDGET_CHARS,
    reserved: Collection[str] = (),
) -> Catalog:
    """The catalog of `tools`, all of which `root` provides. Who builds often keeps a `CatalogBuilder`."""
    return CatalogBuilder(budget_chars=budget_chars, reserved=reserved).build(tools, root=root)


def arrange(
    tools: list[tuple[ToolReading, Home]], *, budget_chars: int, reserved: Collection[str] = RESERVED
) -> Catalog:
    """Give every tool its name: flat while the whole listing fits the budget, else in a module for each toolset."""
    from .listing import listing_chars

    flat = _catalog(_flat(tools, reserved), modules={})
    if listing_chars(flat) <= budget_chars:
        return flat
    return _catalog(*_in_modules(tools, reserved))


@dataclass(frozen=True, slots=True)
class _KeptReading:
    key: tuple[object, ...]
    reading: ToolReading


class _FunctionFinder:
    """Finds the function behind a tool; looks through the toolsets at the first question only."""

    def __init__(self, root: AbstractToolset[Any]) -> None:
        self._root = root
        self._found: dict[int, Tool[Any]] | None = None

    def find(self, tool: ToolsetTool[Any]) -> Tool[Any] | None:
        if self._found is None:
            self._found = functions_by_validator(self._root)
        return self._found.get(id(tool.args_validator))


def _flat(tools: list[tuple[ToolReading, Home]], reserved: Collection[str]) -> list[Entry]:
    names = assign_identifiers({reading.tool_name: reading.tool_name for reading, _ in tools}, reserved=reserved)
    signatures = unify([reading.signature for reading, _ in tools], taken=names.values())
    return [
        _entry(reading, names[reading.tool_name], signature)
        for (reading, _), signature in zip(tools, signatures, strict=True)
    ]


def _in_modules(
    tools: list[tuple[ToolReading, Home]], reserved: Collection[str]
) -> tuple[list[Entry], dict[str, tuple[str, ...]]]:
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
        for (reading, _), signature in zip(inside, signatures, strict=True):
            entries.append(_entry(reading, names[reading.tool_name], signature, module=module))
        members[module] = tuple(f'{module}.{name}' for name in names.values())
    return entries, members


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
    from .stubs import catalog_stubs

    catalog = Catalog(
        entries={entry.facts.python_name: entry for entry in entries}, fingerprint='', modules=dict(modules)
    )
    stubs = catalog_stubs(catalog)
    digest = hashlib.sha256(repr((stubs.flat, sorted(stubs.modules.items()))).encode()).hexdigest()
    return Catalog(entries=catalog.entries, fingerprint=digest[:32], modules=catalog.modules)
