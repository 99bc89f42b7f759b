"""Two requests with the same answer at the same time: the one that comes too late says so plainly, and may come again."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import pytest
from adapters.test_front_ends import ASKED, ASKS, USER, Office, ag_ui, answered, interrupted, vercel

pytestmark = pytest.mark.anyio

TOLD = 'Another request is working on this. Reload the page, or send the answer again in a moment.'
Ask = Callable[[], Coroutine[Any, Any, list[dict[str, Any]]]]


class SlowOffice(Office):
    """Its payments wait until they may go on."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.begun, self.may_go_on = anyio.Event(), anyio.Event()

    async def before_paying(self) -> None:
        self.begun.set()
        await self.may_go_on.wait()


async def while_another_works(office: SlowOffice, ask: Ask) -> list[dict[str, Any]]:
    """What the second of two requests gets."""
    late: list[dict[str, Any]] = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await office.begun.wait()
        late = await ask()
        office.may_go_on.set()
    return late


async def test_vercel_the_part_stays_as_it_was_answered() -> None:
    office = SlowOffice()
    await vercel(office, [ASKS])
    messages = [ASKS, answered({'approved': True})]
    late = await while_another_works(office, lambda: vercel(office, messages))
    assert [chunk['errorText'] for chunk in late if chunk['type'] == 'error'] == [TOLD]
    assert [chunk for chunk in late if 'toolCallId' in chunk] == []
    again = await vercel(office, messages)
    assert 'tool-approval-request' in [chunk['type'] for chunk in again]
    assert office.paid == [1, 2]


async def test_ag_ui_the_call_has_no_result() -> None:
    office = SlowOffice()
    asked = interrupted(await ag_ui(office, [USER]))[:2]
    resume = [{'interruptId': each['id'], 'status': 'resolved', 'payload': {'approved': True}} for each in asked]
    late = await while_another_works(office, lambda: ag_ui(office, ASKED, resume))
    assert [event['message'] for event in late if event['type'] == 'RUN_ERROR'] == [TOLD]
    assert 'TOOL_CALL_RESULT' not in [event['type'] for event in late]
    again = interrupted(await ag_ui(office, ASKED, resume))
    assert [each['message'] for each in again] == ["What does fax(number='7') give?"]
    assert office.paid == [1, 2]
