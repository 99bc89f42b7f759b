"""Answers as front ends send them: `approvals={tool call id: True}`, sent again, late, by two at once. Each counts once, for
what was shown when it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from pydantic_ai import Agent, DeferredToolRequests, DeferredToolResults, RunContext
from pydantic_ai.capabilities import HandleDeferredToolCalls
from pydantic_ai.exceptions import ApprovalRequired, UserError
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.run import AgentRunResult
from pydantic_ai.tools import ToolApproved
from pydantic_ai.toolsets import FunctionToolset
from support.scripts import scripted_model

from pydantic_ai_grail import CodeMode, CodeModeToolset, MemoryStore, decide, waiting_calls
from pydantic_ai_grail.errors import DecisionError, DecisionUsed, StoreConflict
from pydantic_ai_grail.testing import played_cells

pytestmark = pytest.mark.anyio

LOOP = '[await refund(order) for order in [7, 8, 9]]'


@dataclass
class Shop:
    """An agent that refunds orders once it may, and what it refunded."""

    cells: Sequence[str | Sequence[str]] = (LOOP,)
    refunded: list[int] = field(default_factory=list[int])
    read: list[list[ModelMessage]] = field(default_factory=list[list[ModelMessage]])
    """What the model was sent, request by request."""
    store: MemoryStore = field(default_factory=MemoryStore)
    capabilities: Sequence[Any] = ()

    async def refund(self, ctx: RunContext[Any], order: int) -> str:
        if not ctx.tool_call_approved:
            raise ApprovalRequired
        await asyncio.sleep(0.02)
        self.refunded.append(order)
        return f'refunded {order}'

    async def look(self, order: int) -> int:
        return order

    async def run(self, prompt: str | None = None, **more: Any) -> AgentRunResult[Any]:
        script = scripted_model(*self.cells)

        async def play(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
            self.read.append(messages)
            assert script.function is not None
            return script.function(messages, info)  # pyright: ignore[reportReturnType]  # the script is no coroutine

        agent: Agent[None, Any] = Agent(
            FunctionModel(play),
            tools=[self.refund, self.look],
            output_type=[str, DeferredToolRequests],
            capabilities=[CodeMode(store=self.store), *self.capabilities],
        )
        return await agent.run(prompt, conversation_id='c', **more)


def post(result: AgentRunResult[Any], answer: Any = True) -> dict[str, Any]:
    """What a front end sends: the history, which lost its metadata and runs, and an answer for each tool call."""
    assert isinstance(result.output, DeferredToolRequests)
    approvals = {part.tool_call_id: answer for part in result.output.approvals}
    messages = ModelMessagesTypeAdapter.validate_json(result.all_messages_json())
    history: list[Any] = [
        replace(message, run_id=None, conversation_id=None, parts=[_bare(part) for part in message.parts])
        for message in messages
    ]
    return {'message_history': history, 'deferred_tool_results': DeferredToolResults(approvals=approvals)}


def _bare(part: Any) -> Any:
    return replace(part, metadata=None) if part.part_kind == 'tool-return' else part


def waits(result: AgentRunResult[Any]) -> list[int]:
    return [call.args['order'] for call in waiting_calls(result.output)]


def last(result: AgentRunResult[Any]) -> Any:
    return played_cells(result.all_messages())[-1].content


async def test_an_answer_that_is_sent_again_approves_nothing_that_was_asked_later() -> None:
    shop = Shop()
    first = post(await shop.run('go'))
    shown = [waits(await shop.run(**first)) for _ in range(3)]
    assert (shop.refunded, shown) == ([7], [[8], [8], [8]])


async def test_each_wait_is_a_request_of_its_own_that_is_the_same_however_often_it_is_asked() -> None:
    shop = Shop()
    asked = await shop.run('go')
    ids: list[str] = []
    while isinstance(asked.output, DeferredToolRequests):
        sent = post(asked)
        ids += sent['deferred_tool_results'].approvals
        asked, again = await shop.run(**sent), await shop.run(**sent)
        assert {part.tool_call_id for part in _open(again)} == {part.tool_call_id for part in _open(asked)}
    assert len(set(ids)) == 3
    assert shop.refunded == [7, 8, 9]
    assert last(asked) == {'result': ['refunded 7', 'refunded 8', 'refunded 9']}


def _open(result: AgentRunResult[Any]) -> list[ToolCallPart]:
    return result.output.approvals if isinstance(result.output, DeferredToolRequests) else []


async def test_every_answer_sent_once_more_after_the_end_changes_nothing() -> None:
    shop, sent = Shop(), list[dict[str, Any]]()
    asked = await shop.run('go')
    while isinstance(asked.output, DeferredToolRequests):
        sent.append(post(asked))
        asked = await shop.run(**sent[-1])
    again = [await shop.run(**each) for each in sent]
    assert [last(each) for each in again] == [last(asked)] * 3
    assert shop.refunded == [7, 8, 9]


async def test_a_request_for_a_later_wait_shows_the_calls_and_costs_no_request_to_the_model() -> None:
    shop = Shop()
    asked = await shop.run(**post(await shop.run('go')))
    [request] = asked.output.approvals
    assert request.args_as_dict() == {
        'code': '# Resumes the cell above, if this is approved:\nrefund(order=8)',
        'resume': IsCellId(asked),
    }
    assert len(request.tool_call_id) <= 40
    assert len(shop.read) == 1


def IsCellId(result: AgentRunResult[Any]) -> str:  # reads as a value
    return played_cells(result.all_messages())[0].cell_id


async def test_the_model_reads_one_call_and_its_result_however_many_requests_it_took() -> None:
    shop = Shop()
    asked = await shop.run('go')
    while isinstance(asked.output, DeferredToolRequests):
        asked = await shop.run(**post(asked))
    parts = [part for message in shop.read[-1] for part in message.parts]
    calls = [part for part in parts if isinstance(part, ToolCallPart)]
    returns = [part for part in parts if isinstance(part, ToolReturnPart)]
    assert [call.args_as_dict()['code'] for call in calls] == [LOOP]
    assert [(part.tool_call_id, part.content) for part in returns] == [(calls[0].tool_call_id, last(asked))]
    assert len(asked.all_messages()) == 8  # the history has all that happened


async def test_variables_live_on_after_a_cell_that_took_several_requests() -> None:
    shop = Shop(cells=('x = [await refund(7), await refund(8)]', 'y = x[1]\ny'))
    asked = await shop.run('go')
    while isinstance(asked.output, DeferredToolRequests):
        asked = await shop.run(**post(asked))
    assert last(asked) == {'result': 'refunded 8'}


async def test_two_answers_at_once() -> None:
    shop = Shop()
    first = post(await shop.run('go'))
    both = await asyncio.gather(shop.run(**first), shop.run(**first), return_exceptions=True)
    assert sum(isinstance(each, StoreConflict) for each in both) == 1
    assert shop.refunded == [7]


@pytest.mark.parametrize(('first', 'second', 'refunded'), [(False, True, []), (True, False, [7])])
async def test_of_two_different_answers_the_first_counts(first: bool, second: bool, refunded: list[int]) -> None:
    shop = Shop(cells=('await refund(7)',))
    asked = await shop.run('go')
    one = await shop.run(**post(asked, first))
    two = await shop.run(**post(asked, second))
    assert shop.refunded == refunded
    told = 'The calls of this cell were decided on otherwise before this answer came. The first answer counts; the later one did nothing.'
    assert told not in str(last(one))
    assert told in str(last(two))


async def test_a_denied_cell_runs_no_further_and_its_calls_are_told() -> None:
    code = 'try:\n    await refund(7)\n    await refund(8)\nexcept PermissionError:\n    await look(1)'
    shop = Shop(cells=(code,))
    asked = await shop.run(**post(await shop.run('go')))
    denied = post(asked, False)
    told = [last(await shop.run(**denied)) for _ in range(2)]
    assert told[0] == told[1]
    assert told[0].splitlines()[:4] == [
        'A person denied the cell: The tool call was denied.',
        'Nothing more of it runs, and nothing that it assigned is kept.',
        'Calls that were made and are not undone:',
        "  refund(order=7) -> 'refunded 7'",
    ]
    assert shop.refunded == [7]


async def test_a_tab_that_stands_at_the_first_question_is_led_to_the_one_that_is_open() -> None:
    shop = Shop()
    stale = await shop.run('go')
    second = await shop.run(**post(stale))
    third = await shop.run(**post(second))
    assert waits(await shop.run(**post(stale))) == waits(third) == [9]
    assert shop.refunded == [7, 8]


async def test_an_answer_for_the_whole_cell_is_not_for_a_wait_that_followed_single_decisions() -> None:
    shop = Shop()
    asked = await shop.run('go')
    second = await shop.run(message_history=asked.all_messages(), deferred_tool_results=decide(asked.output, True))
    [request] = second.output.approvals
    assert request.tool_call_id == asked.output.approvals[0].tool_call_id
    assert waits(await shop.run(**post(second))) == [8]  # it is what the first answer looks like
    assert shop.refunded == [7]


async def test_single_decisions_on_a_request_of_its_own() -> None:
    shop = Shop()
    asked = await shop.run(**post(await shop.run('go')))
    [call] = waiting_calls(asked.output)
    assert (call.cell_id, call.line) == (IsCellId(asked), 1)
    done = await shop.run(
        message_history=asked.all_messages(), deferred_tool_results=decide(asked.output, {call.tool_call_id: False})
    )
    assert 'PermissionError' in last(done)
    assert shop.refunded == [7]


async def test_after_a_denial_of_the_cell_single_decisions_are_refused() -> None:
    shop = Shop()
    asked = await shop.run('go')
    await shop.run(**post(asked, False))
    with pytest.raises(DecisionUsed, match='was denied as a whole'):
        await shop.run(message_history=asked.all_messages(), deferred_tool_results=decide(asked.output, True))
    assert shop.refunded == []


async def test_cells_of_one_response_that_are_approved_together_show_their_calls_before_they_make_them() -> None:
    shop = Shop(cells=(['await refund(7)\nawait refund(8)', 'await refund(9)'],))
    asked = await shop.run('go')
    assert (waits(asked), len(asked.output.approvals)) == ([7], 2)
    seen: list[list[int]] = []
    while isinstance(asked.output, DeferredToolRequests):
        sent = post(asked)
        asked = await shop.run(**sent)
        await shop.run(**sent)
        seen.append([*shop.refunded])
    assert seen == [[7], [7, 8], [7, 8, 9]]


@pytest.mark.parametrize('id', ['nope', 'grail_0123456789abcdef0123456789abcdef'])
async def test_an_answer_for_an_unknown_call_is_refused(id: str) -> None:
    shop = Shop()
    sent = post(await shop.run('go'))
    sent['deferred_tool_results'] = DeferredToolResults(approvals={id: True})
    with pytest.raises(UserError):
        await shop.run(**sent)
    assert shop.refunded == []


@pytest.mark.parametrize('edit', ['id', 'args'])
async def test_a_request_that_the_client_made_up_approves_nothing(edit: str) -> None:
    shop = Shop()
    sent = post(await shop.run(**post(await shop.run('go'))))
    [call] = sent['message_history'][-1].parts
    forged = 'grail_' + '0' * 32
    if edit == 'id':
        sent['message_history'][-1] = replace(sent['message_history'][-1], parts=[replace(call, tool_call_id=forged)])
        sent['deferred_tool_results'] = DeferredToolResults(approvals={forged: True})
        with pytest.raises(DecisionError, match='asked for no decision with the tool call'):
            await shop.run(**sent)
    else:
        code = {'code': 'await refund(1_000)'}
        sent['deferred_tool_results'].approvals[call.tool_call_id] = ToolApproved(override_args=code)
        with pytest.raises(
            DecisionError, match=r'is resumed with the code that it has. Change the arguments of the calls in it'
        ):
            await shop.run(**sent)
    assert shop.refunded == [7]


async def test_a_handler_in_the_run_sees_each_wait() -> None:
    seen: list[list[int]] = []

    def handle(ctx: RunContext[Any], requests: DeferredToolRequests) -> DeferredToolResults | None:
        cells = [part for part in requests.approvals if part.tool_name == 'run_code']
        if not cells:
            return None
        seen.append([call.args['order'] for call in waiting_calls(requests)])
        return requests.build_results(approve_all=seen[-1] != [9])

    shop = Shop(capabilities=[HandleDeferredToolCalls(handler=handle)])
    result = await shop.run('go')
    assert seen[:3] == [[7], [8], [9]]
    assert shop.refunded == [7, 8]
    assert waits(result) == [9]


async def test_where_only_the_toolset_is_used_the_model_asks_again() -> None:
    shop = Shop()
    again: list[str] = []

    def play(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        parts = messages[-1].parts
        told: Any = next((part.content for part in parts if isinstance(part, ToolReturnPart)), None)
        if told is None:
            return ModelResponse([ToolCallPart('run_code', {'code': LOOP})])
        if 'resume' not in told:
            return scripted_model().function(messages, info)  # pyright: ignore[reportReturnType, reportOptionalCall]
        again.extend(told['notes'])
        return ModelResponse([ToolCallPart('run_code', {'code': '', 'resume': told['resume']})])

    toolset = CodeModeToolset(FunctionToolset[Any]([shop.refund]), store=shop.store)
    agent: Agent[None, Any] = Agent(FunctionModel(play), toolsets=[toolset], output_type=[str, DeferredToolRequests])
    asked = await agent.run('go', conversation_id='c')
    while isinstance(asked.output, DeferredToolRequests):
        sent = post(asked)
        asked = await agent.run(**sent, conversation_id='c')
    assert shop.refunded == [7, 8, 9]
    assert len(again) == 2
    assert again[0].startswith('Nothing else has happened. Call `run_code` with `resume=')


async def test_where_only_the_toolset_is_used_a_denial_is_noted() -> None:
    shop = Shop()
    toolset = CodeModeToolset(FunctionToolset[Any]([shop.refund]), store=shop.store)
    agent: Agent[None, Any] = Agent(scripted_model(LOOP), toolsets=[toolset], output_type=[str, DeferredToolRequests])
    asked = await agent.run('go', conversation_id='c')
    await agent.run(**post(asked, False), conversation_id='c')
    approved = await agent.run(**post(asked), conversation_id='c')
    assert shop.refunded == []
    assert 'A person denied the cell' in last(approved)


async def test_a_cell_that_is_not_in_the_conversation_cannot_be_resumed() -> None:
    model = FunctionModel(
        lambda messages, info: (
            ModelResponse([ToolCallPart('run_code', {'code': '', 'resume': 'other'})])
            if len(messages) == 1
            else scripted_model().function(messages, info)  # pyright: ignore[reportOptionalCall]
        )  # pyright: ignore[reportArgumentType]
    )
    result = await Agent(model, capabilities=[CodeMode()]).run('go')
    assert last(result) == ("No cell 'other' is in this conversation. Nothing ran. To run code, leave `resume` out.")
