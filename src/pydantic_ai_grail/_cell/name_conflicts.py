"""Who else in an agent has a tool named `run_code`, and what its programmer is to write instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic_ai.exceptions import UserError
from pydantic_ai.toolsets.abstract import ToolsetTool

from ..events.run_code_part import RUN_CODE, RUN_CODE_KIND

ONE_CODE_MODE: Final = (
    'An agent has one code mode, which takes all of its tools: keep the `CodeMode` capability and give it the toolsets '
    'as they are, or put them all into one `CodeModeToolset(CombinedToolset([...]))`. Which tools code may call is said '
    'by `tools=`.'
)


def refuse_other_run_code(tools: Mapping[str, ToolsetTool[Any]]) -> None:
    """See that none of the tools beside `run_code` has its name.

    Raises:
        UserError: When one has; it says what to write.
    """
    other = tools.get(RUN_CODE)
    if other is None:
        return
    if other.tool_def.tool_kind == RUN_CODE_KIND:
        raise UserError(f'There are two code modes in this agent, one inside of the other. {ONE_CODE_MODE}')
    raise UserError(f'Code mode offers a tool named {RUN_CODE!r}. Rename yours, or prefix its toolset.')
