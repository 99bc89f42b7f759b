"""Builds catalogs. It happens on every model step, so a builder keeps what it read and reads again only what changed."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic_ai import Tool
from pydantic_ai.toolsets import AbstractToolset
from pydantic_ai.toolsets.abstract import ToolsetTool

from .arranging import arrange
from .entries import Catalog as Catalog
from .entries import Entry as Entry
from .tool_names import RESERVED
from .tool_reading import Home, ToolReading, functions_by_validator, home_of, read_tool

DEFAULT_BUDGET_CHARS: Final = 12_000
"""How long a listing may be by default: some 3,000 tokens."""

UNREAD: Final = 'Tool %r: the type of %s cannot be read, code may use it as anything: %s'
"""What the log says of a type that is `Any` for want of a better one."""

_LOG: Final = logging.getLogger('pydantic_ai_grail')
_MAX_VARIANTS: Final = 4
_MAX_TOOLS: Final = 4_096
_MAX_CATALOGS: Final = 8


class CatalogBuilder:
    """Builds catalogs, and remembers what it read. One builder serves all runs of an agent, in any event loop."""

    def __init__(self, *, budget_chars: int = DEFAULT_BUDGET_CHARS, reserved: Collection[str] = ()) -> None:
        """
        Args:
            budget_chars: How long the listing may be before tools move into modules.
            reserved: Further names that no tool or module may take, such as those of importable modules.
        """
        self._budget_chars = budget_chars
        self._reserved = RESERVED | frozenset(reserved)
        self._readings: OrderedDict[str, list[_KeptReading]] = OrderedDict()
        self._catalogs: OrderedDict[tuple[object, ...], _KeptCatalog] = OrderedDict()
        self._warned: set[tuple[str, str]] = set()

    def build(self, tools: Mapping[str, ToolsetTool[Any]], *, root: AbstractToolset[Any]) -> Catalog:
        """The catalog of `tools`, all of which `root` provides. The same object as before if nothing changed."""
        functions = _Functions(root)
        homes: dict[tuple[int, str | None], Home] = {}
        readings: list[ToolReading] = []
        places: list[Home] = []
        for tool in tools.values():
            readings.append(self._read(tool, functions))
            whose = (id(tool.toolset), tool.tool_def.capability_id)
            if whose not in homes:
                homes[whose] = home_of(tool)
            places.append(homes[whose])
        key = (*map(id, readings), *places)
        kept = self._catalogs.get(key)
        if kept is None:
            catalog = arrange(
                list(zip(readings, places, strict=True)), budget_chars=self._budget_chars, reserved=self._reserved
            )
            kept = self._catalogs[key] = _KeptCatalog(catalog, readings)
            _drop_oldest(self._catalogs, _MAX_CATALOGS)
        self._catalogs.move_to_end(key)
        return kept.catalog

    def _read(self, tool: ToolsetTool[Any], functions: _Functions) -> ToolReading:
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
        for kept in self._readings.get(definition.name, ()):
            if kept.key == key:
                return kept.reading
        reading = read_tool(tool, functions.find(tool))
        self._tell(reading)
        variants = self._readings.setdefault(definition.name, [])
        variants.insert(0, _KeptReading(key, reading))
        del variants[_MAX_VARIANTS:]
        _drop_oldest(self._readings, _MAX_TOOLS)
        return reading

    def _tell(self, reading: ToolReading) -> None:
        """Log what could not be read of a tool, once."""
        for each in reading.signature.unread:
            if (reading.tool_name, each.place) not in self._warned:
                self._warned.add((reading.tool_name, each.place))
                _LOG.warning(UNREAD, reading.tool_name, each.place, each.reason)


def build_catalog(
    tools: Mapping[str, ToolsetTool[Any]],
    *,
    root: AbstractToolset[Any],
    budget_chars: int = DEFAULT_BUDGET_CHARS,
    reserved: Collection[str] = (),
) -> Catalog:
    """The catalog of `tools`, all of which `root` provides. Who builds often keeps a `CatalogBuilder`."""
    return CatalogBuilder(budget_chars=budget_chars, reserved=reserved).build(tools, root=root)


@dataclass(frozen=True, slots=True)
class _KeptReading:
    key: tuple[object, ...]
    reading: ToolReading


@dataclass(frozen=True, slots=True)
class _KeptCatalog:
    catalog: Catalog
    readings: list[ToolReading]
    """Kept alive, since their ids are what the catalog is found by."""


class _Functions:
    """The functions behind tools; looks through the toolsets at the first question only."""

    def __init__(self, root: AbstractToolset[Any]) -> None:
        self._root = root
        self._found: dict[int, Tool[Any]] | None = None

    def find(self, tool: ToolsetTool[Any]) -> Tool[Any] | None:
        if self._found is None:
            self._found = functions_by_validator(self._root)
        return self._found.get(id(tool.args_validator))


def _drop_oldest(kept: OrderedDict[Any, Any], limit: int) -> None:
    if len(kept) > limit:
        kept.popitem(last=False)
