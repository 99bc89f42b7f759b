"""The steps of a script: what a scripted model does each time it is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from textwrap import dedent
from typing import Any, TypeAlias

from pydantic_ai.messages import ModelMessage
from pydantic_ai.models.function import AgentInfo

from .played_cells import CellOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class CellStep:
    """The model sends a cell; `cell()` makes one."""

    code: str
    text: str = ''
    restart: bool = False
    rerun: bool = False
    outcome: CellOutcome | None = 'completed'


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerStep:
    """The model answers, which ends the turn; `answer()` makes one."""

    content: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallStep:
    """The model calls a tool itself, not from code; `tool_call()` makes one."""

    tool_name: str
    args: dict[str, Any]


PlainStep: TypeAlias = str | CellStep | AnswerStep | ToolCallStep
"""A string is the code of a cell, sent as it is."""

Step: TypeAlias = (
    PlainStep | Sequence[PlainStep] | Callable[[list[ModelMessage], AgentInfo], PlainStep | Sequence[PlainStep]]
)
"""What the model does when it is asked once. Several things in one response are a list. A function is given what the model
sees, as the functions of Pydantic AI's `FunctionModel` are, and gives a step."""


def cell(
    code: str,
    *,
    text: str = '',
    restart: bool = False,
    rerun: bool = False,
    outcome: CellOutcome | None = 'completed',
) -> CellStep:
    """The model sends a cell.

    Args:
        code: Its source. An indent that all lines have, and empty lines around it, are taken off.
        text: What the model says before it.
        restart: The argument of `run_code` that forgets all variables first.
        rerun: The argument of `run_code` that makes calls of a failed cell again.
        outcome: How it has to end, or the script stops with a `ScriptError`. `None`: as it likes.
    """
    return CellStep(code=dedent(code).strip('\n'), text=text, restart=restart, rerun=rerun, outcome=outcome)


def answer(content: Any) -> AnswerStep:
    """The model answers, which ends the turn.

    Args:
        content: Text, in which `{result}` stands for the result of the newest cell; or a value, for an agent whose
            `output_type` is no text.
    """
    return AnswerStep(content=content)


def tool_call(tool_name: str, **args: Any) -> ToolCallStep:
    """The model calls a tool itself, not from code.

    Args:
        tool_name: One of the agent's tools that the model is offered beside `run_code`.
        **args: Its arguments, as JSON values.
    """
    return ToolCallStep(tool_name=tool_name, args=args)
