"""`HandleDeferredToolCalls` of Pydantic AI: asked first for each call of a cell, as for direct calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic_ai import Agent, DeferredToolRequests, DeferredToolResults, RunContext
from pydantic_ai.capabilities import HandleDeferredToolCalls
from pydantic_ai.exceptions import ApprovalRequired, CallDeferred, ModelRetry, ToolFailed
from pydantic_ai.run import AgentRunResult
from pydantic_ai.tools import ToolApproved, ToolDenied
from support.scripts import scripted_model

from pydantic_ai_grail import CodeMode, Deny, MemoryStore, decide, waiting_calls
from pydantic_ai_grail.approvals import ProvideResult
from pydantic_ai_grail.testing import played_cells

pytestmark = pytest.mark.anyio

Answer = Callable[[str, dict[str, Any]], Any]

MADE_WITH_200 = (
    'A person approved with changes: `refund(order=1, amount=500)` was made as `refund(order=1, amount=200)`.'
)


@dataclass
class Desk:
    """An agent with a handler that answers by tool and arguments; `None` leaves the call."""

    answer: Answer
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list[tuple[str, dict[str, Any]]])
    made: list[Any] = field(default_factory=list[Any])
    keys: list[str] = field(default_factory=list[str])
    decides_cells: Any = None
    """What it decides of the calls in a cell, when it is asked for the cell."""
    approves_cells: bool = False
    """Whether it approves the cell as a whole then."""
    store: MemoryStore = field(default_factory=MemoryStore)

    def handle(self, ctx: RunContext[Any], requests: DeferredToolRequests) -> DeferredToolResults | None:
        results = DeferredToolResults()
        for part in [*requests.approvals, *requests.calls]:
            arguments = part.args_as_dict()
            self.asked.append((part.tool_name, arguments if part.tool_name != 'run_code' else {}))
            if part.tool_name == 'run_code':
                if self.decides_cells is not None:
                    return decide(requests, self.decides_cells)
                return requests.build_results(approve_all=True) if self.approves_cells else None
            answer = self.answer(part.tool_name, arguments)
            if answer is not None:
                (results.approvals if part in requests.approvals else results.calls)[part.tool_call_id] = answer
        return results

    async def plays(self, *cells: str, after: AgentRunResult[Any] | None = None, **more: Any) -> AgentRunResult[Any]:
        async def refund(ctx: RunContext[Any], order: int, amount: int) -> str:
            if amount > 100 and not ctx.tool_call_approved:
                raise ApprovalRequired(metadata={'why': 'large'})
            self.keys.append(ctx.tool_call_metadata['code_mode']['idempotency_key'])
            self.made.append((order, amount))
            return f'refunded {amount}'

        async def fax(number: str) -> str:
            raise CallDeferred

        agent: Agent[None, Any] = Agent(
            scripted_model(*cells),
            tools=[refund, fax],
            output_type=[str, DeferredToolRequests],
            capabilities=[CodeMode(store=self.store), HandleDeferredToolCalls(handler=self.handle)],
        )
        history = None if after is None else after.all_messages()
        return await agent.run(None if after else 'go', message_history=history, **more)


def last(result: AgentRunResult[Any]) -> Any:
    return played_cells(result.all_messages())[-1].content


async def test_where_it_answers_the_cell_never_waits() -> None:
    desk = Desk(lambda tool, arguments: True if tool == 'refund' else 'sent')
    result = await desk.plays('[await refund(1, 500), await fax("0123"), await refund(2, 50)]')
    assert last(result) == {'result': ['refunded 500', 'sent', 'refunded 50']}
    assert desk.asked == [('refund', {'order': 1, 'amount': 500}), ('fax', {'number': '0123'})]
    assert len(set(desk.keys)) == 2


@pytest.mark.parametrize(
    ('answer', 'told'),
    [
        (False, 'PermissionError: The tool call was denied.'),
        (ToolDenied('Ask the boss.'), 'PermissionError: Ask the boss.'),
    ],
)
async def test_what_it_denies_is_a_permission_error_at_the_line(answer: Any, told: str) -> None:
    desk = Desk(lambda tool, arguments: answer)
    code = (
        'try:\n    x = await refund(1, 500)\nexcept PermissionError as error:\n    x = f"PermissionError: {error}"\nx'
    )
    assert last(await desk.plays(code)) == {'result': told}
    assert desk.made == []


async def test_it_may_change_the_arguments() -> None:
    desk = Desk(lambda tool, arguments: ToolApproved(override_args={**arguments, 'amount': 200}))
    assert last(await desk.plays('await refund(1, 500)')) == {
        'result': 'refunded 200',
        'notes': [MADE_WITH_200],
    }
    assert desk.made == [(1, 200)]


async def test_a_change_that_it_made_is_told_again_where_a_corrected_cell_gets_the_result() -> None:
    desk = Desk(lambda tool, arguments: ToolApproved(override_args={**arguments, 'amount': 200}))
    done = await desk.plays('x = await refund(1, 500)\nraise ValueError', 'x = await refund(1, 500)\nx')
    assert last(done)['result'] == 'refunded 200'
    assert last(done)['notes'][0] == MADE_WITH_200
    assert desk.made == [(1, 200)]


async def test_arguments_that_it_gives_are_validated() -> None:
    desk = Desk(lambda tool, arguments: ToolApproved(override_args={**arguments, 'amount': 'a lot'}))
    code = 'try:\n    x = await refund(1, 500)\nexcept ValueError as error:\n    x = "refused"\nx'
    assert last(await desk.plays(code))['result'] == 'refused'
    assert desk.made == []


@pytest.mark.parametrize('answer', [ModelRetry('The line is busy.'), ToolFailed('The line is busy.')])
async def test_a_failure_that_it_gives_is_raised_at_the_line(answer: Any) -> None:
    desk = Desk(lambda tool, arguments: answer)
    code = 'try:\n    x = await fax("0123")\nexcept RuntimeError as error:\n    x = str(error)\nx'
    assert last(await desk.plays(code)) == {'result': 'The line is busy.'}


async def test_what_it_leaves_waits() -> None:
    desk = Desk(lambda tool, arguments: True if arguments['amount'] < 1000 else None)
    code = 'import asyncio\nawait asyncio.gather(refund(1, 500), refund(2, 5000))'
    waiting = await desk.plays(code)
    assert [call.args for call in waiting_calls(waiting.output)] == [{'order': 2, 'amount': 5000}]
    assert desk.asked == [
        ('refund', {'order': 1, 'amount': 500}),
        ('refund', {'order': 2, 'amount': 5000}),
        ('run_code', {}),
    ]
    done = await desk.plays(code, after=waiting, deferred_tool_results=decide(waiting.output, True))
    assert last(done) == {'result': ['refunded 500', 'refunded 5000']}
    assert desk.made == [(1, 500), (2, 5000)]


async def test_it_may_also_decide_on_what_a_cell_waits_for() -> None:
    desk = Desk(lambda tool, arguments: None, decides_cells=True)
    assert last(await desk.plays('[await refund(1, 500)]')) == {'result': ['refunded 500']}
    assert desk.made == [(1, 500)]


async def test_one_that_approves_whatever_asks_does_not_answer_what_somebody_else_makes() -> None:
    desk = Desk(lambda tool, arguments: True if tool == 'refund' else None, approves_cells=True)
    code = 'import asyncio\nawait asyncio.gather(refund(1, 500), fax("0123"))'
    waiting = await desk.plays(code)
    assert [call.tool_name for call in waiting_calls(waiting.output)] == ['fax']
    done = await desk.plays(code, after=waiting, deferred_tool_results=decide(waiting.output, ProvideResult('sent')))
    assert last(done) == {'result': ['refunded 500', 'sent']}


async def test_it_is_not_asked_for_what_a_person_has_decided() -> None:
    desk = Desk(lambda tool, arguments: None)
    code = '[await refund(1, 500)]'
    waiting = await desk.plays(code)
    desk.asked.clear()
    await desk.plays(code, after=waiting, deferred_tool_results=decide(waiting.output, Deny('no')))
    assert desk.asked == []
