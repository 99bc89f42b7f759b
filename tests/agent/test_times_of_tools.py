"""Times with and without a timezone: the description tells how to compare them, a failed call what to give instead."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from inline_snapshot import snapshot
from support.agents import agent_with, play
from support.catalogs import catalog_of
from typing_extensions import TypedDict

from pydantic_ai_grail._catalog.description import DATETIMES, tool_description
from pydantic_ai_grail._monty.support import load_support

pytestmark = pytest.mark.anyio

AWARE = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
NAIVE = datetime(2026, 11, 20, 9, 30)  # as a tool of a local calendar has it


class Order(TypedDict):
    """An order."""

    id: int
    placed_at: datetime


async def get_order(order_id: int) -> Order:
    """Get one order."""
    return {'id': order_id, 'placed_at': AWARE}


async def get_local() -> datetime:
    """A time without a timezone."""
    return NAIVE


async def get_rate(day: date, at: datetime | None = None) -> Decimal:
    """A rate: it takes times, and gives none."""
    raise AssertionError


async def list_orders(since: datetime, until: datetime | None = None) -> list[int]:
    """List the orders of a shop whose times have a timezone."""
    return [1] if since < AWARE and (until is None or AWARE - until) else []


async def list_local(since: datetime) -> list[int]:
    """List the events of a calendar whose times have none."""
    return [1] if since < NAIVE else []


@pytest.mark.parametrize(('tool', 'is_told'), [(get_order, True), (get_local, True), (get_rate, False)])
async def test_the_description_tells_of_timezones_where_code_gets_times(tool: Any, is_told: bool) -> None:
    assert (DATETIMES in tool_description(await catalog_of(tool), load_support())) == is_told


@pytest.mark.parametrize('call', ["(await get_order(1))['placed_at']", 'await get_local()'])
async def test_what_the_description_tells_is_so(call: str) -> None:
    [played] = await play(agent_with(get_order, get_local), f'd = {call}\ndatetime.now(d.tzinfo) > d')

    assert played.content == {
        'result': True,
        'notes': ['Changed in line 2: added `from datetime import datetime`'],
    }


async def told(tool: Any, call: str) -> str | None:
    """The line of the feedback that says what to give instead."""
    [played] = await play(agent_with(tool), f'from datetime import datetime, timezone\nawait {call}')
    assert isinstance(played.content, str), played.content
    return next((line for line in played.content.split('\n') if line.startswith('Give ')), None)


async def test_a_tool_that_cannot_compare_a_time_says_which_argument_wants_a_timezone() -> None:
    assert await told(list_orders, 'list_orders(since=datetime(2026, 1, 1))') == snapshot(
        'Give `since` with a timezone, as the times of the tool have one: `d.replace(tzinfo=timezone.utc)`.'
    )
    assert await told(list_local, 'list_local(datetime(2026, 1, 1, tzinfo=timezone.utc))') == snapshot(
        'Give `since` without a timezone, as the times of the tool have none: `d.replace(tzinfo=None)`.'
    )
    assert await told(list_orders, 'list_orders(datetime(2026, 1, 1), datetime(2026, 2, 1))') == snapshot(
        'Give `since` and `until` with a timezone, as the times of the tool have one: `d.replace(tzinfo=timezone.utc)`.'
    )


async def test_of_times_of_both_kinds_none_is_blamed() -> None:
    call = 'list_orders(datetime(2026, 1, 1, tzinfo=timezone.utc), datetime(2026, 2, 1))'

    assert await told(list_orders, call) is None
