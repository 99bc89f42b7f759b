"""An approval may carry on: for some calls, for calls like it, for the cell or the conversation; never longer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic_ai import Agent, DeferredToolRequests, RunContext
from pydantic_ai.exceptions import ApprovalRequired
from pydantic_ai.run import AgentRunResult
from support.scripts import scripted_model

from pydantic_ai_grail import Approve, CodeMode, MemoryStore, decide, waiting_calls
from pydantic_ai_grail.approvals import ApprovalGrant
from pydantic_ai_grail.errors import DecisionError, JournalTampered
from pydantic_ai_grail.stores.base import CellKey, JournalRecord
from pydantic_ai_grail.testing import played_cells

pytestmark = pytest.mark.anyio

LOOP = '[await issue("docs", n) for n in range({})]'


class Desk:
    def __init__(self, store: MemoryStore | None = None) -> None:
        self.made: list[tuple[str, int]] = []
        self.mode = CodeMode[Any](store=store or MemoryStore(), secret='desk' * 8)

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

    async def approves(
        self, waiting: AgentRunResult[Any], grant: ApprovalGrant | None, *cells: str
    ) -> AgentRunResult[Any]:
        return await self.agent.run(
            model=scripted_model(*cells),
            message_history=waiting.all_messages(),
            deferred_tool_results=decide(waiting.output, Approve(grant=grant)),
        )


def waits_for(result: AgentRunResult[Any]) -> list[int]:
    return [call.args['number'] for call in waiting_calls(result.output)]


async def test_a_loop_runs_through_on_one_approval() -> None:
    desk = Desk()
    code = LOOP.format(5)
    done = await desk.approves(await desk.asks(code), ApprovalGrant(), code)
    assert done.output == 'done'
    assert played_cells(done.all_messages())[0].content == {'result': [0, 1, 2, 3, 4]}


async def test_a_grant_of_n_calls_is_used_up_and_then_it_asks_again() -> None:
    desk = Desk()
    code = LOOP.format(5)
    again = await desk.approves(await desk.asks(code), ApprovalGrant(uses=2), code)
    assert waits_for(again) == [3]
    assert desk.made == [('docs', 0), ('docs', 1), ('docs', 2)]
    assert await desk.mode.grants('A') == []


async def test_calls_that_need_no_approval_use_nothing() -> None:
    desk = Desk()
    code = '[await issue("docs", n) for n in (0, -1, -2, 1, 2)]'
    again = await desk.approves(await desk.asks(code), ApprovalGrant(uses=1), code)
    assert waits_for(again) == [2]


async def test_a_gather_uses_no_more_than_is_granted() -> None:
    desk = Desk()
    code = (
        'first = await issue("docs", 0)\nimport asyncio\nawait asyncio.gather(*[issue("docs", n) for n in range(1, 6)])'
    )
    again = await desk.approves(await desk.asks(code), ApprovalGrant(uses=3), code)
    assert len(desk.made) == 4
    assert len(waits_for(again)) == 2


async def test_only_calls_with_the_granted_arguments_are_allowed() -> None:
    desk = Desk()
    code = '[await issue(repo, n) for n, repo in enumerate(["docs", "docs", "secrets"])]'
    again = await desk.approves(await desk.asks(code), ApprovalGrant(args={'repo': 'docs'}), code)
    assert waits_for(again) == [2]


async def test_a_grant_for_the_session_lasts_into_later_turns_and_one_for_the_cell_does_not() -> None:
    desk = Desk()
    first = await desk.approves(
        await desk.asks('await issue("docs", 0)'), ApprovalGrant(scope='cell'), 'await issue("docs", 0)'
    )
    second = await desk.asks('await issue("docs", 1)', after=first)
    assert waits_for(second) == [1]
    third = await desk.approves(second, ApprovalGrant(scope='session'), 'await issue("docs", 1)')
    assert (await desk.asks('await issue("docs", 2)', after=third)).output == 'done'


async def test_grants_are_listed_and_revoked() -> None:
    desk = Desk()
    code = LOOP.format(2)
    done = await desk.approves(await desk.asks(code), ApprovalGrant(uses=20, args={'repo': 'docs'}), code)
    [grant] = await desk.mode.grants('A')
    assert (grant.tool_name, grant.args, grant.uses_left, grant.scope) == ('issue', {'repo': 'docs'}, 19, 'session')
    assert await desk.mode.revoke('A', grant.id)
    assert await desk.mode.grants('A') == []
    assert not await desk.mode.revoke('A', grant.id)
    assert waits_for(await desk.asks('await issue("docs", 7)', after=done)) == [7]


async def test_a_rewound_history_does_not_bring_used_calls_back() -> None:
    desk = Desk()
    waiting = await desk.asks('await issue("docs", 0)')
    done = await desk.approves(waiting, ApprovalGrant(uses=1), 'await issue("docs", 0)')
    used = await desk.asks('await issue("docs", 1)', after=done)
    assert used.output == 'done'
    assert waits_for(await desk.asks('await issue("docs", 2)', after=done)) == [2]


async def test_the_same_approval_again_grants_nothing_more() -> None:
    desk = Desk()
    waiting = await desk.asks('await issue("docs", 0)')
    await desk.approves(waiting, ApprovalGrant(uses=1), 'await issue("docs", 0)')
    done = await desk.approves(waiting, ApprovalGrant(uses=1), 'await issue("docs", 0)')
    assert [grant.uses_left for grant in await desk.mode.grants('A')] == [1]
    assert (await desk.asks('await issue("docs", 1)', after=done)).output == 'done'
    assert desk.made == [('docs', 0), ('docs', 1)]


async def test_a_fork_has_no_grants() -> None:
    desk = Desk()
    done = await desk.approves(await desk.asks('await issue("docs", 0)'), ApprovalGrant(), 'await issue("docs", 0)')
    fork = await desk.agent.run(
        'go', model=scripted_model('await issue("docs", 1)'), message_history=done.all_messages(), conversation_id='B'
    )
    assert waits_for(fork) == [1]


async def test_two_runs_at_once_share_what_is_granted() -> None:
    desk = Desk()
    done = await desk.approves(
        await desk.asks('await issue("docs", 0)'), ApprovalGrant(uses=3), 'await issue("docs", 0)'
    )
    code = '[await issue("docs", n) for n in (1, 2, 3)]'
    both = await asyncio.gather(desk.asks(code, after=done), desk.asks(code, after=done))
    assert len(desk.made) == 4
    assert {type(each.output) for each in both} <= {str, DeferredToolRequests}
    assert await desk.mode.grants('A') == []


def test_a_grant_of_no_calls_is_refused() -> None:
    with pytest.raises(DecisionError, match='at least 1, or None for any number, got 0'):
        ApprovalGrant(uses=0)


class Trimmed(MemoryStore):
    """A database in which somebody has deleted the newest rows of some journals of grants."""

    reach = 'machine'

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, int] = {}

    async def journal(self, key: CellKey) -> Sequence[JournalRecord]:
        return (await super().journal(key))[: self.kept.get(key.cell_id)]


@pytest.mark.usefixtures('process_has_just_started')
@pytest.mark.parametrize('kept', [1, 2])
async def test_grants_that_were_used_up_do_not_come_back_with_the_rows_of_their_uses(kept: int) -> None:
    desk = Desk(store := Trimmed())
    done = await desk.approves(await desk.asks(LOOP.format(3)), ApprovalGrant(uses=2), LOOP.format(3))
    store.kept['grants'] = kept  # of the grant and its two uses
    with pytest.raises(JournalTampered, match=r"The grants of conversation 'A' were set back: 3 entries .* are there"):
        await desk.asks('await issue("docs", 9)', after=done)
    assert ('docs', 9) not in desk.made


async def test_a_cell_that_waits_knows_how_far_the_grants_had_come() -> None:
    desk = Desk(store := Trimmed())
    cell = '[await issue("docs", n) for n in (1, 2, 3, 4)]'
    waits = await desk.approves(await desk.asks(cell), ApprovalGrant(uses=1))
    assert waits_for(waits) == [3]
    store.kept['grants'] = 1
    with pytest.raises(JournalTampered, match='2 entries were written down, and 1 are there'):
        await desk.approves(waits, None)
    assert desk.made == [('docs', 1), ('docs', 2), ('docs', 3)]


@pytest.mark.usefixtures('process_has_just_started')
@pytest.mark.parametrize('journal', ['grants', 'revoked-grants'])
async def test_a_grant_that_was_revoked_does_not_come_back_with_one_of_the_two_rows(journal: str) -> None:
    desk = Desk(store := Trimmed())
    done = await desk.approves(await desk.asks('await issue("docs", 0)'), ApprovalGrant(), 'await issue("docs", 0)')
    [grant] = await desk.mode.grants('A')
    assert await desk.mode.revoke('A', grant.id)
    store.kept[journal] = 1 if journal == 'grants' else 0
    assert await desk.mode.grants('A') == []
    assert waits_for(await desk.asks('await issue("docs", 1)', after=done)) == [1]


async def test_grants_that_were_forgotten_are_gone_and_new_ones_can_be_given() -> None:
    desk = Desk(store := MemoryStore())
    done = await desk.approves(await desk.asks(LOOP.format(2)), ApprovalGrant(), LOOP.format(2))
    await store.forget(conversation_id='A', older_than=datetime.now(UTC), keep_newest=1)
    assert await desk.mode.grants('A') == []
    waits = await desk.asks('await issue("docs", 7)', after=done)
    assert waits_for(waits) == [7]
    await desk.approves(waits, ApprovalGrant())
    assert len(await desk.mode.grants('A')) == 1


async def test_a_store_that_cannot_be_asked_for_grants_has_a_person_asked() -> None:
    class Deaf(MemoryStore):
        is_deaf = False

        async def journal(self, key: CellKey) -> Sequence[JournalRecord]:
            if self.is_deaf and key.cell_id == 'grants':
                raise ConnectionError
            return await super().journal(key)

    desk = Desk(store := Deaf())
    done = await desk.approves(await desk.asks(LOOP.format(2)), ApprovalGrant(), LOOP.format(2))
    store.is_deaf = True
    assert waits_for(await desk.asks('await issue("docs", 7)', after=done)) == [7]
