"""`decide` takes what Pydantic AI has for decisions: `ToolApproved`, `ToolDenied`, `True`, `False`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic_ai import Agent, DeferredToolRequests, RunContext
from pydantic_ai.exceptions import ApprovalRequired, CallDeferred
from pydantic_ai.run import AgentRunResult
from pydantic_ai.tools import ToolApproved, ToolDenied
from support.scripts import scripted_model

from pydantic_ai_grail import CodeMode, MemoryStore, decide, waiting_calls
from pydantic_ai_grail.approvals import Decisions
from pydantic_ai_grail.errors import DecisionError
from pydantic_ai_grail.testing import played_cells

pytestmark = pytest.mark.anyio

CHANGED = 'A person approved with changes: `refund(order=1, amount=500)` was made as `refund(order=1, amount=200)`.'
TO_200 = ToolApproved(override_args={'order': 1, 'amount': 200})


@dataclass
class Desk:
    """An agent whose refunds of more than 100 wait."""

    cells: tuple[str, ...]
    made: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    store: MemoryStore = field(default_factory=MemoryStore)

    def agent(self) -> Agent[None, Any]:
        async def refund(ctx: RunContext[Any], order: int, amount: int) -> str:
            if amount > 100 and not ctx.tool_call_approved:
                raise ApprovalRequired
            self.made.append((order, amount))
            return f'refunded {amount}'

        async def fax(number: str) -> str:
            raise CallDeferred

        return Agent(
            scripted_model(*self.cells),
            tools=[refund, fax],
            output_type=[str, DeferredToolRequests],
            capabilities=[CodeMode(store=self.store)],
        )

    async def waits(self) -> AgentRunResult[Any]:
        return await self.agent().run('go')

    async def goes_on(self, waiting: AgentRunResult[Any], decisions: Decisions) -> list[Any]:
        answers = decide(waiting.output, decisions)
        result = await self.agent().run(message_history=waiting.all_messages(), deferred_tool_results=answers)
        return [cell.content for cell in played_cells(result.all_messages())]


async def test_an_approval_runs_the_call() -> None:
    desk = Desk(('await refund(1, 500)',))
    assert await desk.goes_on(await desk.waits(), ToolApproved()) == [{'result': 'refunded 500'}]


async def test_an_approval_by_id_may_change_the_arguments_and_the_model_is_told() -> None:
    desk = Desk(('await refund(1, 500)',))
    waiting = await desk.waits()
    [call] = waiting_calls(waiting.output)
    shown = await desk.goes_on(waiting, {call.tool_call_id: TO_200})
    assert (shown, desk.made) == ([{'result': 'refunded 200', 'notes': [CHANGED]}], [(1, 200)])


async def test_a_corrected_cell_that_gets_the_result_of_a_changed_call_is_told_of_the_change() -> None:
    failing = 'x = await refund(1, 500)\nraise ValueError'
    desk = Desk((failing, failing, 'x = await refund(1, 500)\nx'))
    *_, last = await desk.goes_on(await desk.waits(), TO_200)
    assert (last['result'], last['notes'][0], desk.made) == ('refunded 200', CHANGED, [(1, 200)])


@pytest.mark.parametrize('override_args', [{'order': 1, 'amount': 'a lot'}, {'order': 1}, {}])
async def test_arguments_that_the_tool_does_not_take_are_refused_before_anything_happens(
    override_args: dict[str, Any],
) -> None:
    desk = Desk(('await refund(1, 500)',))
    waiting = await desk.waits()
    with pytest.raises(DecisionError, match='these are not right'):
        await desk.goes_on(waiting, ToolApproved(override_args=override_args))
    assert desk.made == []
    assert await desk.goes_on(waiting, True) == [{'result': 'refunded 500'}]


@pytest.mark.parametrize(
    ('denial', 'message'), [(ToolDenied('Ask the boss.'), 'Ask the boss.'), (False, 'The call was denied.')]
)
async def test_a_denial_is_a_permission_error_with_its_message(denial: ToolDenied | bool, message: str) -> None:
    desk = Desk(('try:\n    x = await refund(1, 500)\nexcept PermissionError as error:\n    x = str(error)\nx',))
    assert await desk.goes_on(await desk.waits(), lambda call: denial) == [{'result': message}]


async def test_what_somebody_else_makes_cannot_be_approved() -> None:
    desk = Desk(('await fax("0123")',))
    with pytest.raises(DecisionError, match=r'made by somebody else: give its ProvideResult'):
        await desk.goes_on(await desk.waits(), ToolApproved())
