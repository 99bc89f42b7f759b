"""What a host sees of a call that waits."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai.run import AgentRunResult
from support.till import Till, as_stored

from pydantic_ai_grail import decide, waiting_calls

pytestmark = pytest.mark.anyio

BOTH = 'import asyncio\nawait asyncio.gather(pay(20), pay(30))'


def waits(result: AgentRunResult[Any]) -> dict[int, str]:
    return {call.arguments['bill']: call.wait_id for call in waiting_calls(result.output)}


async def test_a_wait_has_an_id_of_its_own_that_stays_while_others_are_decided_on(tmp_path: Path) -> None:
    till = Till(tmp_path)
    first = await till.waits(BOTH)
    assert len(set(waits(first).values())) == 2
    second = await till.goes_on(first, lambda call: True if call.arguments['bill'] == 20 else None)
    assert waits(second) == {30: waits(first)[30]}


async def test_a_call_that_waits_again_waits_under_another_id(tmp_path: Path) -> None:
    till = Till(tmp_path)
    asks = await till.waits('await pay(20)')
    till.opened = asyncio.Event()
    run = asyncio.create_task(till.goes_on(asks))
    await till.reached.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    unknown = await till.agent().run(message_history=as_stored(asks.all_messages()))
    assert [call.reason for call in waiting_calls(unknown.output)] == ['unknown']
    once_more = await till.agent().run(
        message_history=as_stored(asks.all_messages()), deferred_tool_results=decide(unknown.output, lambda call: None)
    )
    assert waits(asks).keys() == waits(unknown).keys()
    assert waits(asks) != waits(unknown) == waits(once_more)
