"""The tools a cell may call, as data: entries by name, in modules or flat, with a fingerprint of it all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..events.calls import ToolFacts
from .signatures import Signature


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
    wording: str = ''
    """Equal for catalogs that read the same to a model, descriptions included."""
    modules: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Python names of the entries of each module; empty for a flat catalog."""

    def is_read_only(self, python_name: str) -> bool:
        """Whether the tool that code calls by this name is known to change nothing."""
        entry = self.entries.get(python_name)
        return entry is not None and entry.facts.read_only

    def find(self, name: str) -> Entry | None:
        """The entry that `name` means: its Python name, its tool name, or its bare name if only one tool has it."""
        if name in self.entries:
            return self.entries[name]
        for entry in self.entries.values():
            if entry.facts.tool_name == name:
                return entry
        found = [entry for entry in self.entries.values() if entry.name == name]
        return found[0] if len(found) == 1 else None
