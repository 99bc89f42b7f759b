"""What a model reads when its cell succeeds is what the description of the tool says of it."""

from __future__ import annotations

from typing import Any

import pytest
from inline_snapshot import snapshot
from pydantic_ai.models.test import TestModel
from support.agents import agent_with, play

from pydantic_ai_grail._catalog.description import WHAT_IT_IS

pytestmark = pytest.mark.anyio


async def content(code: str, **options: Any) -> Any:
    """What came back for a cell that completed."""
    (cell,) = await play(agent_with(**options), code)
    assert cell.outcome == 'completed', cell.content
    return cell.content


async def test_the_description_tells_in_which_form_values_come_back() -> None:
    assert 'as JSON: sets are lists; dates and keys text.' in WHAT_IT_IS
    model = TestModel(call_tools=[])
    await agent_with().run('go', model=model)
    assert model.last_model_request_parameters is not None
    (tool,) = model.last_model_request_parameters.function_tools
    assert (tool.description or '').startswith(WHAT_IT_IS)
    code = """\
from datetime import date, datetime
from decimal import Decimal
[{2, 1}, (1, 2), date(2026, 1, 2), datetime(2026, 1, 2, 3), Decimal('1.50')]"""
    assert await content(code) == snapshot({'result': [[1, 2], [1, 2], '2026-01-02', '2026-01-02T03:00:00', 1.5]})
