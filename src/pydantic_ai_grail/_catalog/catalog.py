"""The tools a cell may call, as Python: entries by name, in modules or flat, with a fingerprint of it all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..calls import ToolFacts
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """All entries, by the name code calls them by (`search`, `github.list_issues`)."""

    entries: Mapping[str, Entry]
    fingerprint: str
    """Equal for catalogs with equal stubs; names the warm checkers that fit."""
    modules: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Python names of the entries of each module; empty for a flat catalog."""
