"""Agents that play scripted cells, and what came back for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage
from pydantic_ai.run import AgentRunResult
from support.scripts import scripted_model

from pydantic_ai_grail import CodeMode
from pydantic_ai_grail.testing import PlayedCell, played_cells


def agent_with(*tools: Callable[..., Any], **options: Any) -> Agent[None, str]:
    """An agent in code mode, with these tools and options."""
    return Agent(tools=tools, capabilities=[CodeMode(**options)])


async def turn(
    agent: Agent[None, str],
    *cells: str | Sequence[str],
    history: Sequence[ModelMessage] | None = None,
    conversation: str | None = None,
) -> AgentRunResult[str]:
    """One run in which the model sends these cells and then answers."""
    return await agent.run('go', model=scripted_model(*cells), message_history=history, conversation_id=conversation)


async def play(agent: Agent[None, str], *cells: str | Sequence[str]) -> list[PlayedCell]:
    """The cells of one run in a new conversation, with what came back."""
    return played_cells((await turn(agent, *cells)).new_messages())


def last(result: AgentRunResult[str]) -> Any:
    """What the model read for the last cell of a run."""
    return played_cells(result.new_messages())[-1].content
