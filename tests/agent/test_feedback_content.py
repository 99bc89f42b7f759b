"""What tools return for the model's eyes reaches it after the cell that called them, whether that cell ended well or not."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic_ai import BinaryImage, ToolReturn
from pydantic_ai.messages import ModelRequest, ToolReturnPart, UserPromptPart
from support.agents import agent_with, turn

pytestmark = pytest.mark.anyio

IMAGE = BinaryImage(b'\x89PNG', media_type='image/png')


async def chart(year: int) -> ToolReturn[int]:
    """Draw a year."""
    return ToolReturn(return_value=year, content=[f'The chart of {year}:', IMAGE])


async def seen(*cells: str) -> list[list[Any]]:
    """By cell, its outcome and what was shown after it in the same request."""
    result = await turn(agent_with(chart), *cells)
    shown: list[list[Any]] = []
    for message in result.new_messages():
        if isinstance(message, ModelRequest) and isinstance(message.parts[0], ToolReturnPart):
            prompts = [part.content for part in message.parts[1:] if isinstance(part, UserPromptPart)]
            shown.append([message.parts[0].outcome, *prompts])
    return shown


async def test_a_chart_is_shown_after_a_cell_that_failed_as_after_one_that_did_not() -> None:
    assert await seen('await chart(2025)', 'await chart(2026)\n1 / 0', '1') == [
        ['success', ['The chart of 2025:', IMAGE]],
        ['failed', ['The chart of 2026:', IMAGE]],
        ['success'],
    ]


async def test_a_refused_cell_shows_nothing() -> None:
    assert await seen('await chart(2025)\nnowhere') == [['failed']]
