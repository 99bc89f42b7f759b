"""A scripted model: it plays its steps over the turns of a conversation, streams, and says what does not fit."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from pydantic_ai import Agent, ApprovalRequired, DeferredToolRequests, RunContext
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, PartDeltaEvent
from pydantic_ai.models.function import AgentInfo

from pydantic_ai_grail import Approve, CodeMode, Deny, decide
from pydantic_ai_grail.testing import (
    CellStep,
    PlainStep,
    ScriptError,
    Step,
    answer,
    cell,
    current_turn,
    played_cells,
    scripted_model,
    tool_call,
)

pytestmark = pytest.mark.anyio


def stock(sku: str) -> int:
    """How many of a part there are."""
    return {'bolt': 12, 'nut': 20}[sku]


def agent_of(*steps: Step, **options: Any) -> Agent[None, str]:
    return Agent(scripted_model(*steps, **options), tools=[stock], capabilities=[CodeMode()])


async def test_a_script_is_played_step_by_step_and_its_answer_tells_the_result() -> None:
    agent = agent_of('bolts = stock("bolt")', cell('bolts + 1', text='One more.'), answer('There are {result}.'))
    result = await agent.run('go')
    assert result.output == 'There are 13.'
    assert [(each.code, each.outcome, each.result) for each in played_cells(result.all_messages())] == [
        ('bolts = stock("bolt")', 'completed', 12),
        ('bolts + 1', 'completed', 13),
    ]


async def test_a_script_without_an_answer_ends_with_one() -> None:
    assert (await agent_of('1').run('go')).output == 'done'
    assert (await agent_of('1', answer='Well.').run('go')).output == 'Well.'


async def test_a_script_continues_over_the_turns_of_a_conversation_and_in_another_process() -> None:
    def agent() -> Agent[None, str]:
        return agent_of('bolts = stock("bolt")', answer('First.'), 'bolts * 2', answer('Second: {result}'))

    first = await agent().run('go')
    stored = ModelMessagesTypeAdapter.validate_json(first.all_messages_json())
    again = scripted_model('bolts = stock("bolt")', answer('First.'), 'bolts * 2', answer('Second: {result}'))
    assert first.output == 'First.'
    shared = agent()
    one = await shared.run('go')
    assert (await shared.run('more', message_history=one.all_messages())).output == 'Second: 24'
    other = Agent(again, tools=[stock])
    with pytest.raises(ScriptError, match='no run_code'):  # it is at its third step, and this agent has no code mode
        await other.run('more', message_history=stored)


async def test_a_rewound_history_continues_where_it_ends() -> None:
    agent = agent_of(answer('one'), answer('two'), answer('three'))
    first = await agent.run('go')
    second = await agent.run('go', message_history=first.all_messages())
    again = await agent.run('go', message_history=first.all_messages())
    assert (first.output, second.output, again.output) == ('one', 'two', 'two')


async def test_each_turn_may_have_a_script_of_its_own() -> None:
    agent = Agent(tools=[stock], capabilities=[CodeMode()])
    first = await agent.run('go', model=scripted_model('a = 1'))
    second = await agent.run(
        'go', model=scripted_model('a + 1', answer('{result}')), message_history=first.all_messages()
    )
    assert second.output == '2'


async def test_a_script_that_repeats_begins_again() -> None:
    agent = agent_of('1 + 1', repeat=True)
    first = await agent.run('go')
    second = await agent.run('go', message_history=first.all_messages())
    assert len(played_cells(second.new_messages())) == 1


async def test_a_script_that_is_over_says_so_and_what_came_last() -> None:
    agent = agent_of(answer('done'))
    first = await agent.run('go')
    with pytest.raises(ScriptError) as caught:
        await agent.run('And now?', message_history=first.all_messages())
    assert str(caught.value) == (
        'The script is over: the model was asked again after its 1 step. Add a step, or let it begin again with '
        'repeat=True. The newest message:\nuser-prompt: And now?'
    )


@pytest.mark.parametrize('streams', [False, True])
async def test_a_cell_that_the_script_does_not_expect_to_be_refused_ends_the_run(streams: bool) -> None:
    agent = agent_of('stock("bolt")', 'stock(part="bolt")')

    async def run() -> None:
        if not streams:
            await agent.run('go')
        async with agent.run_stream_events('go') as events:
            _ = [event async for event in events]

    with pytest.raises(ScriptError) as caught:
        await run()
    assert str(caught.value) == (
        'Step 2 of the script is a cell that was expected to be completed, and it is refused. If that is what you test, '
        'write cell(..., outcome=\'refused\'). The code:\nstock(part="bolt")\nThe model read:\n'
        'stock() has no parameter \'part\'. It takes: sku.\nline 1: stock(part="bolt")\n              ^^^^^^^^^^^\n'
        'Did you mean sku?\nNothing ran: no tool was called, no variable changed. Send the corrected cell.'
    )


async def test_what_a_cell_is_expected_to_be_is_compared() -> None:
    steps = [cell('stock(part=1)', outcome='refused'), cell('1 / 0', outcome='failed'), cell('1 / 0', outcome=None)]
    assert (await agent_of(*steps).run('go')).output == 'done'
    with pytest.raises(ScriptError, match='expected to be refused, and it is completed'):
        await agent_of(cell('1', outcome='refused')).run('go')
    with pytest.raises(ScriptError, match='completed, and it is failed'):
        await agent_of(['1', '1 / 0'], answer('done')).run('go')


async def test_a_function_sees_what_came_back_and_gives_the_step() -> None:
    seen: list[str] = []

    def looks(messages: list[ModelMessage], info: AgentInfo) -> CellStep:
        turn = current_turn(messages)
        seen.append(f'{turn.prompt} {turn.responses} {[tool.name for tool in info.function_tools]}')
        return cell(f'{played_cells(messages)[-1].outcome!r}')

    result = await agent_of(cell('nothing'), looks, answer('{result}')).run('Look.')
    assert (seen, result.output) == (["Look. 1 ['run_code']"], 'refused')


async def test_the_prompt_of_a_later_turn_is_what_the_person_asked() -> None:
    def echo(messages: list[ModelMessage], info: AgentInfo) -> PlainStep:
        turn = current_turn(messages)
        return 'x = 1' if turn.responses == 0 else answer(f'{turn.prompt} {turn.responses}')

    agent = agent_of(echo, repeat=True)
    first = await agent.run('one')
    second = await agent.run('two', message_history=first.all_messages())
    assert (first.output, second.output) == ('one 1', 'two 1')


async def test_the_model_calls_a_tool_itself_and_gives_structured_output() -> None:
    def counted(sku: str) -> int:
        return len(sku)

    agent = Agent(
        scripted_model([tool_call('counted', sku='bolt'), '1 + 1'], answer([3, 4])),
        output_type=list[int],
        tools=[counted, stock],
        capabilities=[CodeMode(tools=['stock'])],
    )
    result = await agent.run('go')
    assert result.output == [3, 4]
    assert played_cells(result.all_messages())[0].result == 2


@pytest.mark.parametrize(
    ('step', 'message'),
    [
        (tool_call('stok'), "The model is offered no tool 'stok'; it is offered: run_code."),
        (answer('text'), "The agent takes no text as its answer, and the script gives 'text': write answer(...)."),
        (answer('{result}'), 'The agent takes no text'),
    ],
)
async def test_a_step_that_does_not_fit_the_agent_is_an_error(step: Step, message: str) -> None:
    agent = Agent(scripted_model(step, answer=None), output_type=int, tools=[stock], capabilities=[CodeMode()])
    with pytest.raises(ScriptError) as caught:
        await agent.run('go')
    assert str(caught.value).startswith(message)


async def test_an_answer_tells_no_result_where_there_is_none() -> None:
    with pytest.raises(ScriptError, match='no cell before it completed'):
        await agent_of(cell('x', outcome='refused'), answer('{result}')).run('go')


def test_a_script_needs_a_step() -> None:
    with pytest.raises(ValueError, match='needs a step'):
        scripted_model(answer=None)


async def test_text_and_code_are_streamed_in_pieces() -> None:
    agent = agent_of(
        cell('sum([1, 2, 3, 4, 5, 6])', text='I count, and then I tell you.'), answer('It is {result}, so.')
    )
    async with agent.run_stream_events('go') as stream:
        events = [event async for event in stream]
    deltas = [event.delta.part_delta_kind for event in events if isinstance(event, PartDeltaEvent)]
    assert deltas.count('text') > 1
    assert deltas.count('tool_call') > 1
    agent = agent_of('sum([1, 2, 3, 4, 5, 6])', answer('It is {result}, so.'))
    async with agent.run_stream('go') as result:
        pieces = [piece async for piece in result.stream_text(delta=True, debounce_by=None)]
    assert len(pieces) > 1
    assert ''.join(pieces) == 'It is 21, so.'


async def test_the_web_page_of_pydantic_ai_plays_it() -> None:
    agent = agent_of('bolts = stock("bolt")', answer('There are {result}.'), 'bolts + 1', answer('Now {result}.'))
    transport = httpx.ASGITransport(agent.to_web())
    messages = [{'id': 'm1', 'role': 'user', 'parts': [{'type': 'text', 'text': 'go'}]}]
    body: dict[str, Any] = {'id': 'chat', 'trigger': 'submit-message', 'messages': messages}
    async with httpx.AsyncClient(transport=transport, base_url='http://localhost') as client:
        sent = (await client.post('/api/chat', json=body)).text
    parts = [json.loads(line[6:]) for line in sent.splitlines() if line.startswith('data: {')]
    assert ''.join(part['delta'] for part in parts if part['type'] == 'text-delta') == 'There are 12.'
    assert next(part['output'] for part in parts if part['type'] == 'tool-output-available')['result'] == 12


async def test_a_cell_is_one_however_often_it_waits_and_its_calls_are_told() -> None:
    def order(ctx: RunContext[object], sku: str) -> str:
        if not ctx.tool_call_approved:
            raise ApprovalRequired
        return f'ordered {sku}'

    agent = Agent(
        scripted_model(
            'made = [await order("bolt")]\ntry:\n    await order("nut")\nexcept PermissionError:\n    pass\n'
            'try:\n    await stock("x")\nexcept KeyError:\n    pass\nmade'
        ),
        tools=[order, stock],
        output_type=[str, DeferredToolRequests],
        capabilities=[CodeMode()],
    )
    result = await agent.run('go')
    assert [(each.outcome, each.content, each.calls) for each in played_cells(result.all_messages())] == [
        ('pending', None, ())
    ]
    for given in (Approve(), Deny('no nuts')):
        assert isinstance(result.output, DeferredToolRequests)
        decisions = decide(result.output, given)
        result = await agent.run(message_history=result.all_messages(), deferred_tool_results=decisions)
    for messages in (result.all_messages(), ModelMessagesTypeAdapter.validate_json(result.all_messages_json())):
        [played] = played_cells(messages)
        assert (played.outcome, played.result) == ('completed', ['ordered bolt'])
        assert [(call.tool_name, call.args, call.outcome, call.result) for call in played.calls] == [
            ('order', {'sku': 'bolt'}, 'returned', 'ordered bolt'),
            ('order', {'sku': 'nut'}, 'denied', 'no nuts'),
            ('stock', {'sku': 'x'}, 'failed', None),
        ]


def test_a_cell_is_written_with_the_indent_of_the_test() -> None:
    step = cell("""
        if True:
            x = 1
    """)
    assert step.code == 'if True:\n    x = 1'


def test_the_turn_of_no_messages_is_an_error() -> None:
    with pytest.raises(ValueError, match='no user prompt'):
        current_turn([])
