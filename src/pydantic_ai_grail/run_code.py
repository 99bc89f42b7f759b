"""The arguments of `run_code`: what the model is shown of them, and what is taken; and who makes the calls in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from pydantic import TypeAdapter
from pydantic_ai.tool_manager import ToolManager
from pydantic_ai.tools import RunContext
from pydantic_ai.toolsets import AbstractToolset
from pydantic_ai.toolsets.abstract import SchemaValidatorProt, ToolsetTool

from .conversation import RESUME
from .run_code_part import RunCodeArgs

ARGUMENTS: Final = TypeAdapter(RunCodeArgs)
VALIDATOR: Final = cast('SchemaValidatorProt', ARGUMENTS.validator)
_SCHEMA: Final = ARGUMENTS.json_schema()


def _without(*hidden: str) -> dict[str, Any]:
    shown = {name: value for name, value in _SCHEMA['properties'].items() if name not in hidden}
    return {**_SCHEMA, 'properties': shown}


SCHEMAS: Final = {
    (reuses, resumes): _without(*(() if reuses else ('rerun',)), *(() if resumes else (RESUME,)))
    for reuses in (True, False)
    for resumes in (True, False)
}
"""By whether calls are reused, and whether the model has to resume cells itself."""


def manager_of_calls(
    toolset: AbstractToolset[Any], ctx: RunContext[Any], tools: Mapping[str, ToolsetTool[Any]]
) -> ToolManager[Any]:
    """Makes the calls of code as Pydantic AI makes those of the model, with the same hooks."""
    parent = ctx.tool_manager
    root = parent.root_capability if parent is not None else None
    return ToolManager(toolset=toolset, root_capability=root, ctx=ctx, tools=dict(tools))
