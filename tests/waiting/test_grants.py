"""An approval may carry on: for some calls, for calls like it, for the cell or the conversation; never longer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic_ai import Agent, DeferredToolRequests, RunContext
from pydantic_ai.exceptions import ApprovalRequired
from pydantic_ai.run import AgentRunResult

from pydantic_ai_grail import Approve, CodeMode, MemoryStore, decide, waiting_calls
from pydantic_ai_grail.errors import DecisionError
from pydantic_ai_grail.testing.scripted import played_cells, scripted_model
from pydantic_ai_grail.waiting import Grant

pytestmark = pytest.mark.anyio

LOOP = '[await issue("docs", n) for n in range({})]'


class Desk:
    def __init__(self) -> None:
        self.made: list[tuple[str, int]] = []
        self.mode = CodeMode[Any](store=MemoryStore())

        async def issue(ctx: RunContext[Any], repo: str, number: int) -> int:
            if number >= 0 and not ctx.tool_call_approved:
                raise ApprovalRequired
            self.made.append((repo, number))
            return number

        self.agent: Agent[None, Any] = Agent(
            tools=[issue], output_type=[str, DeferredToolRequests], capabilities=[self.mode]
        )

    async def asks(self, *cells: str, after: AgentRunResult[Any] | None = None) -> AgentRunResult[Any]:
        history = None if after is None else after.all_messages()
        return await self.agent.run('go', model=scripted_model(*cells), message_history=history, conversation_id='A')

    async def approves(self, waiting: AgentRunResult[Any], grant: Grant | None, *cells: str) -> AgentRunResult[Any]:
        return await self.agent.run(
            model=scripted_model(*cells),
            message_history=waiting.all_messages(),
            deferred_tool_results=decide(waiting.output, Approve(grant=grant)),
        )


def waits_for(result: AgentRunResult[Any]) -> list[int]:
    return [call.arguments['number'] for call in waiting_calls(result.output)]


async def test_a_loop_runs_through_on_one_approval() -> None:
    desk = Desk()
    code = LOOP.format(5)
    done = await desk.approves(await desk.asks(code), Grant(), code)
    assert done.output == 'done'
    assert played_cells(done.all_messages())[0].content == {'result': [0, 1, 2, 3, 4]}


async def test_a_grant_of_n_calls_is_used_up_and_then_it_asks_again() -> None:
    desk = Desk()
    code = LOOP.format(5)
    again = await desk.approves(await desk.asks(code), Grant(uses=2), code)
    assert waits_for(again) == [3]
    assert desk.made == [('docs', 0), ('docs', 1), ('docs', 2)]
    assert await desk.mode.grants('A') == []


async def test_calls_that_need_no_approval_use_nothing() -> None:
    desk = Desk()
    code = '[await issue("docs", n) for n in (0, -1, -2, 1, 2)]'
    again = await desk.approves(await desk.asks(code), Grant(uses=1), code)
    assert waits_for(again) == [2]


async def test_a_gather_uses_no_more_than_is_granted() -> None:
    desk = Desk()
    code = (
        'first = await issue("docs", 0)\nimport asyncio\nawait asyncio.gather(*[issue("docs", n) for n in range(1, 6)])'
    )
    again = await desk.approves(await desk.asks(code), Grant(uses=3), code)
    assert len(desk.made) == 4
    assert len(waits_for(again)) == 2


async def test_only_calls_with_the_granted_arguments_are_allowed() -> None:
    desk = Desk()
    code = '[await issue(repo, n) for n, repo in enumerate(["docs", "docs", "secrets"])]'
    again = await desk.approves(await desk.asks(code), Grant(arguments={'repo': 'docs'}), code)
    assert waits_for(again) == [2]


async def test_a_grant_for_the_session_lasts_into_later_turns_and_one_for_the_cell_does_not() -> None:
    desk = Desk()
    first = await desk.approves(
        await desk.asks('await issue("docs", 0)'), Grant(scope='cell'), 'await issue("docs", 0)'
    )
    second = await desk.asks('await issue("docs", 1)', after=first)
    assert waits_for(second) == [1]
    third = await desk.approves(second, Grant(scope='session'), 'await issue("docs", 1)')
    assert (await desk.asks('await issue("docs", 2)', after=third)).output == 'done'


async def test_grants_are_listed_and_revoked() -> None:
    desk = Desk()
    code = LOOP.format(2)
    done = await desk.approves(await desk.asks(code), Grant(uses=20, arguments={'repo': 'docs'}), code)
    [grant] = await desk.mode.grants('A')
    assert (grant.tool, grant.arguments, grant.uses_left, grant.scope) == ('issue', {'repo': 'docs'}, 19, 'session')
    assert await desk.mode.revoke('A', grant.id)
    assert await desk.mode.grants('A') == []
    assert not await desk.mode.revoke('A', grant.id)
    assert waits_for(await desk.asks('await issue("docs", 7)', after=done)) == [7]


async def test_a_rewound_history_does_not_bring_used_calls_back() -> None:
    desk = Desk()
    waiting = await desk.asks('await issue("docs", 0)')
    done = await desk.approves(waiting, Grant(uses=1), 'await issue("docs", 0)')
    used = await desk.asks('await issue("docs", 1)', after=done)
    assert used.output == 'done'
    assert waits_for(await desk.asks('await issue("docs", 2)', after=done)) == [2]


async def test_the_same_approval_again_grants_nothing_more() -> None:
    desk = Desk()
    waiting = await desk.asks('await issue("docs", 0)')
    await desk.approves(waiting, Grant(uses=1), 'await issue("docs", 0)')
    done = await desk.approves(waiting, Grant(uses=1), 'await issue("docs", 0)')
    assert [grant.uses_left for grant in await desk.mode.grants('A')] == [1]
    assert (await desk.asks('await issue("docs", 1)', after=done)).output == 'done'
    assert desk.made == [('docs', 0), ('docs', 1)]


async def test_a_fork_has_no_grants() -> None:
    desk = Desk()
    done = await desk.approves(await desk.asks('await issue("docs", 0)'), Grant(), 'await issue("docs", 0)')
    fork = await desk.agent.run(
        'go', model=scripted_model('await issue("docs", 1)'), message_history=done.all_messages(), conversation_id='B'
    )
    assert waits_for(fork) == [1]


async def test_two_runs_at_once_share_what_is_granted() -> None:
    desk = Desk()
    done = await desk.approves(await desk.asks('await issue("docs", 0)'), Grant(uses=3), 'await issue("docs", 0)')
    code = '[await issue("docs", n) for n in (1, 2, 3)]'
    both = await asyncio.gather(desk.asks(code, after=done), desk.asks(code, after=done))
    assert len(desk.made) == 4
    assert {type(each.output) for each in both} <= {str, DeferredToolRequests}
    assert await desk.mode.grants('A') == []


def test_a_grant_of_no_calls_is_refused() -> None:
    with pytest.raises(DecisionError, match='at least 1, or None for any number, got 0'):
        Grant(uses=0)
