"""`run_code` as a tool: what the model is shown of it, which arguments are taken, and who makes the calls in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from pydantic import TypeAdapter
from pydantic_ai.tool_manager import ToolManager
from pydantic_ai.tools import AgentDepsT, RunContext, ToolDefinition
from pydantic_ai.toolsets import AbstractToolset
from pydantic_ai.toolsets.abstract import SchemaValidatorProt, ToolsetTool

from .._catalog.catalog import Catalog
from ..events.run_code_part import RUN_CODE, RUN_CODE_KIND, RunCodeArgs
from .cells_called import RESUME

ARGUMENTS: Final = TypeAdapter(RunCodeArgs)
VALIDATOR: Final = cast('SchemaValidatorProt', ARGUMENTS.validator)
_SCHEMA: Final = ARGUMENTS.json_schema()


def _without(*hidden: str) -> dict[str, Any]:
    shown = {name: value for name, value in _SCHEMA['properties'].items() if name not in hidden}
    return {**_SCHEMA, 'properties': shown}


_SCHEMAS: Final = {
    (reuses, resumes): _without(*(() if reuses else ('rerun',)), *(() if resumes else (RESUME,)))
    for reuses in (True, False)
    for resumes in (True, False)
}
"""By whether calls are reused, and whether the model has to resume cells itself."""


def definition(description: str, *, reuses_calls: bool, model_resumes: bool) -> ToolDefinition:
    """`run_code` as the model is shown it, with the mark by which others know it."""
    return ToolDefinition(
        name=RUN_CODE,
        description=description,
        parameters_json_schema=_SCHEMAS[reuses_calls, model_resumes],
        metadata={'code_arg_name': 'code', 'code_arg_language': 'python'},
        sequential=True,
        tool_kind=RUN_CODE_KIND,
    )


@dataclass(kw_only=True)
class RunCodeTool(ToolsetTool[AgentDepsT]):
    """`run_code` as of one step, with the tools that code may call in it."""

    catalog: Catalog
    inside: Mapping[str, ToolsetTool[AgentDepsT]]


def manager_of_calls(
    toolset: AbstractToolset[Any], ctx: RunContext[Any], tools: Mapping[str, ToolsetTool[Any]]
) -> ToolManager[Any]:
    """Makes the calls of code as Pydantic AI makes those of the model, with the same hooks."""
    parent = ctx.tool_manager
    root = parent.root_capability if parent is not None else None
    return ToolManager(toolset=toolset, root_capability=root, ctx=ctx, tools=dict(tools))
