"""What a type checker infers at the front doors. Pyright reads this file with the rest; running it shows that it is true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_type

from pydantic_ai import Agent, FunctionToolset, RunContext
from pydantic_ai.models.test import TestModel

from pydantic_ai_grail import CodeMode, CodeModeToolset


@dataclass
class Deps:
    """What tools of an agent need."""

    answer: int


def answer(ctx: RunContext[Deps]) -> int:
    """The answer."""
    return ctx.deps.answer


def test_an_agent_keeps_its_types_with_the_capability() -> None:
    agent = Agent(TestModel(), deps_type=Deps, output_type=bool, tools=[answer], capabilities=[CodeMode()])
    assert_type(agent, Agent[Deps, bool])
    assert agent.deps_type is Deps


def test_the_toolset_takes_the_dependencies_of_what_it_wraps() -> None:
    toolset = CodeModeToolset(FunctionToolset[Deps]([answer]))
    assert_type(toolset, CodeModeToolset[Deps])
    agent = Agent(TestModel(), deps_type=Deps, toolsets=[toolset])
    assert_type(agent, Agent[Deps, str])


def test_a_capability_may_name_its_dependencies() -> None:
    assert_type(CodeMode[Deps](max_tool_calls=5), CodeMode[Deps])
