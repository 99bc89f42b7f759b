"""Catalogs for tests: of functions, of tools, of toolsets, read as an agent's step would read them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic_ai import FunctionToolset, RunContext, Tool
from pydantic_ai.models.test import TestModel
from pydantic_ai.toolsets import AbstractToolset
from pydantic_ai.toolsets.abstract import ToolsetTool
from pydantic_ai.usage import RunUsage

from pydantic_ai_grail._catalog.catalog import DEFAULT_BUDGET_CHARS, build_catalog
from pydantic_ai_grail._catalog.entries import Catalog, Entry


def run_context() -> RunContext[Any]:
    """The context of a run that has just begun."""
    return RunContext(deps=None, model=TestModel(), usage=RunUsage())


async def tools_of(root: AbstractToolset[Any]) -> dict[str, ToolsetTool[Any]]:
    """The tools that a toolset gives at the first step of a run."""
    return await root.get_tools(run_context())


async def catalog_of_toolset(root: AbstractToolset[Any], *, budget_chars: int = DEFAULT_BUDGET_CHARS) -> Catalog:
    """The catalog of all tools of a toolset."""
    return build_catalog(await tools_of(root), root=root, budget_chars=budget_chars)


async def catalog_of(*tools: Callable[..., Any] | Tool[Any], budget_chars: int = DEFAULT_BUDGET_CHARS) -> Catalog:
    """The catalog of these functions and tools, as of one toolset."""
    return await catalog_of_toolset(FunctionToolset([*tools]), budget_chars=budget_chars)


async def entry_of(tool: Callable[..., Any] | Tool[Any]) -> Entry:
    """The one entry of a catalog of one tool."""
    (entry,) = (await catalog_of(tool)).entries.values()
    return entry
