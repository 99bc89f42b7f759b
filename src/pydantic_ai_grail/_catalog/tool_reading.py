"""One tool of an agent, read: its signature, its facts, its words, and the toolset it is at home in.

A tool that is a Python function is found through whatever toolsets wrap it: wrappers copy a tool with its validator,
which only the function's own toolset makes, so the validator leads back to the function.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from pydantic_ai import FunctionToolset, Tool
from pydantic_ai.toolsets import AbstractToolset, PrefixedToolset, WrapperToolset
from pydantic_ai.toolsets.abstract import AGENT_TOOLSET_ID, ToolsetTool

from .functions import FunctionFacts, signature_from_function
from .json_schemas import signature_from_json_schema, without_prose
from .object_keys import Schema
from .signatures import Signature, Unread

_AGENTS_OWN: Final = 'tools'
_RETURNS = re.compile(r'<returns>.*?<description>(.*?)</description>\s*</returns>', re.DOTALL)
_SUMMARY = re.compile(r'<summary>(.*?)</summary>', re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolReading:
    """What the catalog needs of one tool, before it has a place and a Python name."""

    tool_name: str
    signature: Signature
    description: str
    sequential: bool
    read_only: bool
    idempotent: bool
    arguments_as_json: bool


@dataclass(frozen=True, slots=True)
class Home:
    """The toolset that a tool is listed under."""

    name: str
    prefix: str = ''
    """What the toolset put before the names of its tools."""

    def own_name(self, tool_name: str) -> str:
        """The name that the tool has at home."""
        return tool_name.removeprefix(self.prefix) or tool_name


def functions_by_validator(root: AbstractToolset[Any]) -> dict[int, Tool[Any]]:
    """The function tools below `root`, by the identity of their validators."""
    found: dict[int, Tool[Any]] = {}

    def visit(toolset: AbstractToolset[Any]) -> None:
        if isinstance(toolset, FunctionToolset):
            for tool in toolset.tools.values():
                found[id(tool.function_schema.validator)] = tool

    root.apply(visit)
    return found


def read_tool(tool: ToolsetTool[Any], function_tool: Tool[Any] | None) -> ToolReading:
    """Everything the catalog needs of `tool`; `function_tool` is the function behind it, if there is one."""
    definition = tool.tool_def
    # A tool made with `Tool.from_schema` has a function, whose annotations validate nothing.
    is_validated = function_tool is not None and getattr(tool.args_validator, 'title', None) != 'any'
    signature = _signature(tool, function_tool, by_function=is_validated)
    hints = cast(Mapping[str, Any], (definition.metadata or {}).get('annotations') or {})
    metadata = definition.metadata or {}
    return ToolReading(
        tool_name=definition.name,
        signature=signature,
        description=plain_description(definition.description or ''),
        sequential=definition.sequential,
        read_only=metadata.get('read_only') is True or hints.get('readOnlyHint') is True,
        idempotent=metadata.get('idempotent') is True or hints.get('idempotentHint') is True,
        arguments_as_json=not is_validated,
    )


def home_of(tool: ToolsetTool[Any]) -> Home:
    """The toolset that `tool` is at home in: by its prefix, its id, its capability, or its kind."""
    toolset = tool.toolset
    while True:
        if isinstance(toolset, PrefixedToolset):
            return Home(toolset.prefix, f'{toolset.prefix}_')
        if toolset.id is not None:
            return Home(_AGENTS_OWN if toolset.id == AGENT_TOOLSET_ID else toolset.id)
        if not isinstance(toolset, WrapperToolset):
            break
        toolset = toolset.wrapped
    if tool.tool_def.capability_id is not None:
        return Home(tool.tool_def.capability_id)
    if isinstance(toolset, FunctionToolset):
        return Home(_AGENTS_OWN)
    words = re.sub(r'(?<=[a-z0-9])(?=[A-Z])', '_', type(toolset).__name__.removesuffix('Toolset')).lower()
    return Home(words or _AGENTS_OWN)


def plain_description(text: str) -> str:
    """A description without the tags that a docstring's sections are wrapped in."""
    returns = _RETURNS.search(text)
    summary = _SUMMARY.search(text)
    plain = summary[1] if summary else text if returns is None else ''
    if returns is not None and (result := returns[1].strip()):
        plain = f'{plain.strip()}\nReturns: {result}'
    return plain.strip()


def _signature(tool: ToolsetTool[Any], function_tool: Tool[Any] | None, *, by_function: bool) -> Signature:
    """The signature of a tool. One that cannot be read takes and gives anything: its validator is asked in any case."""
    definition = tool.tool_def
    failures: list[Exception] = []
    if by_function and function_tool is not None:
        try:
            return _function_signature(tool, function_tool)
        except Exception as error:  # annotations and defaults are anybody's objects
            failures.append(error)
    try:
        signature = signature_from_json_schema(
            definition.parameters_json_schema, _unwrapped(tool, function_tool), name=definition.name
        )
    except Exception as error:  # and so are schemas
        failures.append(error)
        signature = Signature(parameters=(), returns='Any', takes_any_keyword=True)
    unread = [Unread(place='the signature', reason=f'{type(each).__name__}: {each}') for each in failures]
    return replace(signature, unread=(*unread, *signature.unread))


def _function_signature(tool: ToolsetTool[Any], function_tool: Tool[Any]) -> Signature:
    own = function_tool.function_schema
    schema = tool.tool_def.parameters_json_schema
    is_changed = schema is not own.json_schema and without_prose(schema) != without_prose(own.json_schema)
    facts = FunctionFacts(
        # Where only words were changed, they are the ones to show.
        parameters_schema=own.json_schema if is_changed else schema,
        return_schema=own.return_schema,
        takes_ctx=own.takes_ctx,
        single_argument=own.single_arg_name,
    )
    return signature_from_function(own.function, facts, name=tool.tool_def.name, schema=schema if is_changed else None)


def _unwrapped(tool: ToolsetTool[Any], function_tool: Tool[Any] | None) -> Schema | None:
    """The schema of what a call gives: MCP's wrapping of plain results in `{'result': ...}` is taken off again."""
    schema = tool.tool_def.return_schema
    if schema is None or function_tool is not None or 'annotations' not in (tool.tool_def.metadata or {}):
        return schema
    properties = cast(Mapping[str, Schema], schema.get('properties', {}))
    if list(properties) != ['result']:
        return schema
    return {**properties['result'], '$defs': schema.get('$defs', {})}
