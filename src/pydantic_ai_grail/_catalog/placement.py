"""Where each tool of a step goes: into the sandbox, natively to the model, or nowhere yet.

Some tools must stay native whatever the selector says, since they steer the conversation itself: searching for tools
and loading capabilities, output tools, tools that run code of their own, and stand-ins that the model's provider may
replace by a tool of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, cast

from pydantic_ai import RunContext, ToolDefinition
from pydantic_ai.tools import ToolSelector, matches_tool_selector
from pydantic_ai.toolsets.abstract import ToolsetTool

Placement = Literal['sandboxed', 'native', 'hidden']
"""`'hidden'` tools are those that would go into the sandbox, had they been revealed."""

_CONTROL_KINDS: Final = frozenset({'tool-search', 'capability-load'})
_NATIVE_SEARCH: Final = 'tool_search'
"""The corpus of a provider's own tool search, as `ToolDefinition.with_native` names it."""


async def place_tools(
    tools: Mapping[str, ToolsetTool[Any]], *, selector: ToolSelector[Any], ctx: RunContext[Any]
) -> dict[str, Placement]:
    """The place of each of `tools` in this step of the run."""
    places: dict[str, Placement] = {}
    for name, tool in tools.items():
        is_meant = can_be_sandboxed(tool.tool_def) and (
            selector == 'all' or await matches_tool_selector(selector, ctx, tool.tool_def)
        )
        places[name] = _place(tool.tool_def, ctx) if is_meant else 'native'
    if _needs_declared_corpus(tools, places):
        # A provider that searches among tools can only find those that it was told of.
        for name, tool in tools.items():
            if places[name] == 'hidden' and tool.tool_def.with_native == _NATIVE_SEARCH:
                places[name] = 'native'
    return places


def names_of_no_tool(tools: Mapping[str, ToolsetTool[Any]], selector: ToolSelector[Any]) -> list[str]:
    """The names in a selector of names that none of `tools` has."""
    if isinstance(selector, str) or not isinstance(selector, Sequence):
        return []
    return [name for name in cast('Sequence[str]', selector) if name not in tools]


def can_be_sandboxed(definition: ToolDefinition) -> bool:
    """Whether a tool may be called from code at all. One that waits for a person may: the cell waits with it."""
    return (
        definition.kind in ('function', 'unapproved', 'external')
        and definition.tool_kind not in _CONTROL_KINDS
        and definition.unless_native is None
        and 'code_arg_name' not in (definition.metadata or {})
    )


def _place(definition: ToolDefinition, ctx: RunContext[Any]) -> Placement:
    if ctx.is_tool_available(definition):
        return 'sandboxed'
    return 'hidden' if _is_revealed_from_within(definition, ctx) else 'native'


def _is_revealed_from_within(definition: ToolDefinition, ctx: RunContext[Any]) -> bool:
    """Whether a tool that is not revealed yet will be, though nobody outside is told of it.

    A tool search that stands around this toolset has not marked its tools yet, and finds only what passes it.
    """
    owner = ctx.capabilities.get(definition.capability_id) if definition.capability_id is not None else None
    return definition.with_native == _NATIVE_SEARCH or (owner is not None and owner.defer_loading is True)


def _needs_declared_corpus(tools: Mapping[str, ToolsetTool[Any]], places: Mapping[str, Placement]) -> bool:
    """Whether hidden tools have to be declared for a native search to find them.

    So it is when there is no local search tool, or when another searchable tool stays native: the native search then
    stays too, and the local one is dropped for it.
    """
    searches_locally = any(tool.tool_def.tool_kind == 'tool-search' for tool in tools.values())
    return not searches_locally or any(
        tool.tool_def.with_native == _NATIVE_SEARCH and places[name] == 'native' for name, tool in tools.items()
    )
