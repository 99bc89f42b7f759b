"""How many calls there may be: of a cell, by `max_tool_calls`; of an agent's run, by Pydantic AI's usage limits."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from pydantic_ai.tool_manager import ToolManager

from ..._monty.stops import RaisedBy


def beyond_budget(made: int, max_tool_calls: int) -> RaisedBy | None:
    """What code gets of one call more, if its cell has made all that it may."""
    if made < max_tool_calls:
        return None
    message = f'this cell has made its {max_tool_calls} tool calls; make fewer, or continue in the next cell'
    return RaisedBy('RuntimeError', message)


def has_limit(tools: ToolManager[Any]) -> bool:
    """Whether the calls of the agent's run are limited."""
    limits = tools.ctx.usage_limits if tools.ctx is not None else None
    return limits is not None and limits.tool_calls_limit is not None


@contextmanager
def counted(tools: ToolManager[Any]) -> Generator[None]:
    """Count a call that is to be made, while it is under way; a gather would otherwise pass a limit as a whole, before any
    of its calls is counted.

    Raises:
        UsageLimitExceeded: When it must not be made.
    """
    context = tools.ctx
    limits = context.usage_limits if context is not None else None
    if context is None or limits is None:
        yield
        return
    # The `run_code` call around this one is counted when it ends.
    limits.check_before_tool_call(replace(context.usage, tool_calls=context.usage.tool_calls + 2))
    context.usage.tool_calls += 1
    try:
        yield
    finally:
        context.usage.tool_calls -= 1
