"""The events of cells in the stream of a run: while they run, in order, each start with an end or a word that it waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Sequence
from typing import Any

import anyio
import pytest
from inline_snapshot import snapshot
from pydantic import TypeAdapter
from pydantic_ai import Agent, Tool, capture_run_messages
from pydantic_ai.exceptions import UsageLimitExceeded
from pydantic_ai.messages import (
    AgentStreamEvent,
    CustomEvent,
    FunctionToolCallEvent,
    FunctionToolResultEvent,
    ToolCallPart,
    ToolReturnPart,
)
from pydantic_ai.models.function import FunctionModel
from pydantic_ai.run import AgentRunResultEvent
from pydantic_ai.tools import DeferredToolRequests, DeferredToolResults, RunContext, ToolDenied
from pydantic_ai.toolsets import FunctionToolset
from pydantic_ai.usage import UsageLimits
from support.scripts import scripted_model

from pydantic_ai_grail import Approve, CodeMode, CodeModeToolset, Deny, SettingsError, decide
from pydantic_ai_grail.events.stream_events import (
    CellCallEvent,
    CellCallResultEvent,
    CellCallWaitsEvent,
    CellCheckedEvent,
    CellEndEvent,
    CellPrintEvent,
)
from tests.support.agents import agent_with

pytestmark = pytest.mark.anyio

THREE = 'a = await double(1)\nb = await double(2)\nawait double(a + b)'


async def double(number: int) -> int:
    """Twice a number."""
    return 2 * number


async def send(text: str) -> str:
    """Send a text, once somebody allows it."""
    return f'sent {text}'


async def stream_of(agent: Agent[None, Any], *cells: str | Sequence[str], **options: Any) -> list[Any]:
    """All events of a run."""
    async with agent.run_stream_events(
        None if 'message_history' in options else 'go', model=scripted_model(*cells), **options
    ) as events:
        return [event async for event in events]


def told(events: Sequence[object]) -> list[str]:
    """Events of tools and cells, a word each."""
    lines: list[str] = []
    for event in events:
        match event:
            case FunctionToolCallEvent(part=ToolCallPart(tool_name=name)):
                lines.append(f'{name} called')
            case FunctionToolResultEvent(part=ToolReturnPart(tool_name=name, outcome=outcome)):
                lines.append(f'{name}: {outcome}')
            case CellCallEvent(part=part, line=line):
                lines.append(f'  {ordinal(part)} {part.tool_name}{part.args_as_dict()} line {line}')
            case CellCallResultEvent(part=part, source=source):
                lines.append(f'  {ordinal(part)} {part.outcome} {part.content!r} from {source}')
            case CellCallWaitsEvent(part=part):
                lines.append(f'  {ordinal(part)} waits')
            case CellPrintEvent(text=text):
                lines.append(f'  printed {text!r}')
            case CellCheckedEvent(verdict=verdict, rewrites=rewrites, refusals=refusals):
                lines.append(f'  {verdict} {rewrites} {refusals}')
            case CellEndEvent(outcome=outcome, error=error, waiting=waiting):
                lines.append(f'  {outcome} {error} {len(waiting)} waiting')
            case _:
                pass
    return lines


def ordinal(part: ToolCallPart | ToolReturnPart[Any]) -> str:
    """Which call of its cell it is."""
    return part.tool_call_id.rpartition('__')[2]


def unpaired(events: Sequence[object]) -> set[str]:
    """The ids of calls that started and have neither an end nor a word that they wait, or the other way round."""
    started = [event.part.tool_call_id for event in events if isinstance(event, CellCallEvent)]
    ended = [event.part.tool_call_id for event in events if isinstance(event, CellCallResultEvent | CellCallWaitsEvent)]
    assert len({*started}) == len(started)
    assert len({*ended}) == len(ended)
    return {*started} ^ {*ended}


async def test_a_cell_of_three_calls_gives_their_starts_and_ends_in_order_before_it_ends() -> None:
    events = await stream_of(agent_with(double), THREE)
    assert told(events) == snapshot(
        [
            'run_code called',
            "  1 double{'number': 1} line 1",
            '  1 success 2 from tool',
            "  2 double{'number': 2} line 2",
            '  2 success 4 from tool',
            "  3 double{'number': 6} line 3",
            '  3 success 12 from tool',
            'run_code: success',
        ]
    )
    [cell] = [event.part.tool_call_id for event in events if isinstance(event, FunctionToolCallEvent)]
    ours = [event for event in events if isinstance(event, CellCallEvent | CellCallResultEvent)]
    assert {event.tool_call_id for event in ours} == {cell}
    assert [event.part.tool_call_id for event in ours] == [f'{cell}__{number}' for number in (1, 1, 2, 2, 3, 3)]


async def test_the_events_have_the_very_parts_that_the_history_has() -> None:
    events = await stream_of(agent_with(double), THREE)
    assert isinstance(events[-1], AgentRunResultEvent)
    [returned] = [event.part for event in events if isinstance(event, FunctionToolResultEvent)]
    calls = [event.part for event in events if isinstance(event, CellCallEvent)]
    backs = [event.part for event in events if isinstance(event, CellCallResultEvent)]
    assert [*returned.metadata['tool_calls'].values()] == calls
    assert [*returned.metadata['tool_returns'].values()] == backs


async def test_a_call_is_told_while_it_runs_and_a_print_while_its_cell_runs() -> None:
    """The tool ends only when the listener has heard of its start, and code goes on only when its print was heard."""
    heard_call, heard_print = asyncio.Event(), asyncio.Event()

    async def until_heard() -> str:
        await heard_call.wait()
        return 'heard'

    async def until_read() -> str:
        await heard_print.wait()
        return 'read'

    agent = agent_with(until_heard, until_read, events='all')
    cell = 'await until_heard()\nprint("halfway")\nawait until_read()'
    with anyio.fail_after(60):
        async with agent.run_stream_events('go', model=scripted_model(cell)) as events:
            async for event in events:
                if isinstance(event, CellCallEvent) and event.part.tool_name == 'until_heard':
                    heard_call.set()
                if isinstance(event, CellPrintEvent):
                    heard_print.set()
    assert heard_call.is_set()
    assert heard_print.is_set()


async def test_calls_that_run_together_start_before_one_of_them_ends() -> None:
    both = asyncio.Barrier(2)

    async def meet(name: str) -> str:
        async with both:
            return name

    events = await stream_of(agent_with(meet), 'import asyncio\nawait asyncio.gather(meet("a"), meet("b"))')
    kinds = [type(event) for event in events if isinstance(event, CellCallEvent | CellCallResultEvent)]
    assert kinds == [CellCallEvent, CellCallEvent, CellCallResultEvent, CellCallResultEvent]
    assert not unpaired(events)


async def test_all_tells_the_check_with_its_rewrites_what_is_printed_and_the_end_too() -> None:
    cell = 'print("one")\nx = double(2)\nprint(math.floor(1.5))\nx / 0'
    events = await stream_of(agent_with(double, events='all'), cell, 'missing_name')
    assert told(events) == snapshot(
        [
            'run_code called',
            "  accepted ['line 2: awaited `double(...)`', 'line 3: added `import math`'] []",
            "  printed 'one\\n'",
            "  1 double{'number': 2} line 2",
            '  1 success 4 from tool',
            "  printed '1\\n'",
            '  failed ZeroDivisionError: division by zero 0 waiting',
            'run_code: failed',
            'run_code called',
            '  refused [] ["line 1: There is no name \'missing_name\'."]',
            "  refused There is no name 'missing_name'. 0 waiting",
            'run_code: failed',
        ]
    )


async def test_none_tells_nothing() -> None:
    events = await stream_of(agent_with(double, events='none'), THREE)
    assert [event for event in events if isinstance(event, CustomEvent)] == []


async def test_other_words_for_it_are_an_error() -> None:
    with pytest.raises(SettingsError, match="events is one of 'auto', 'calls', 'all', 'none', got 'prints'"):
        CodeMode(events='prints')  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def test_a_call_that_raises_fails_also_when_code_catches_it() -> None:
    async def refuse() -> str:
        raise ValueError('no')

    events = await stream_of(agent_with(refuse), 'try:\n    await refuse()\nexcept ValueError:\n    pass')
    assert told(events)[1:3] == ['  1 refuse{} line 2', "  1 failed 'ValueError: no' from tool"]


def asking(**options: Any) -> Agent[None, Any]:
    """An agent whose `send` waits for an approval."""
    return Agent(
        tools=[double, Tool(send, requires_approval=True)],
        output_type=[str, DeferredToolRequests],
        capabilities=[CodeMode(events='all', **options)],
    )


CELL_THAT_WAITS = 'first = await double(1)\n[first, await send(text="a"), await send(text="b")]'


async def until_it_waits(agent: Agent[None, Any], cell: str) -> tuple[list[Any], Any]:
    """The events of a run whose cell waits, and its result."""
    events = await stream_of(agent, cell)
    return events, events[-1].result


async def test_a_cell_that_waits_says_so_and_the_next_run_tells_the_rest() -> None:
    agent = asking()
    events, result = await until_it_waits(agent, CELL_THAT_WAITS)
    assert told(events) == snapshot(
        [
            'run_code called',
            '  accepted [] []',
            "  1 double{'number': 1} line 1",
            '  1 success 2 from tool',
            "  2 send{'text': 'a'} line 2",
            '  2 waits',
            '  suspended None 1 waiting',
        ]
    )
    assert not unpaired(events)
    going_on = await stream_of(
        agent,
        CELL_THAT_WAITS,
        message_history=result.all_messages(),
        deferred_tool_results=decide(result.output, Approve()),
    )
    assert told(going_on) == snapshot(
        [
            'run_code called',
            "  1 double{'number': 1} line 1",
            '  1 success 2 from journal',
            "  2 send{'text': 'a'} line 2",
            "  2 success 'sent a' from tool",
            "  3 send{'text': 'b'} line 2",
            '  3 waits',
            '  suspended None 1 waiting',
        ]
    )
    assert not unpaired(going_on)


async def test_a_call_that_is_denied_has_a_start_and_an_end_in_the_run_of_the_decision() -> None:
    agent = asking()
    _, result = await until_it_waits(agent, 'await send(text="a")')
    denied = decide(result.output, lambda _: Deny('Not today.'))
    events = await stream_of(
        agent, 'await send(text="a")', message_history=result.all_messages(), deferred_tool_results=denied
    )
    assert told(events)[1:3] == ["  1 send{'text': 'a'} line 1", "  1 denied 'Not today.' from decision"]


async def test_a_cell_that_still_waits_says_so_again() -> None:
    agent = asking()
    _, result = await until_it_waits(agent, 'await send(text="a")')
    events = await stream_of(agent, 'await send(text="a")', message_history=result.all_messages())
    assert told(events) == snapshot(['run_code called', '  suspended None 1 waiting'])
    assert not unpaired(events)


async def test_a_cell_that_is_denied_as_a_whole_ends_with_that() -> None:
    """It had a start and no end, where all is told."""
    agent = asking()
    _, result = await until_it_waits(agent, 'await send(text="a")')
    assert isinstance(result.output, DeferredToolRequests)
    answers = DeferredToolResults(approvals={call.tool_call_id: ToolDenied('no') for call in result.output.approvals})
    events = await stream_of(
        agent, 'await send(text="a")', message_history=result.all_messages(), deferred_tool_results=answers
    )
    assert told(events) == snapshot(['run_code called', '  denied no 0 waiting', 'run_code: failed'])


async def test_a_later_wait_ends_the_cell_each_time_that_it_is_asked_for() -> None:
    """The first time it waits at the end of a run; then it is asked for anew."""
    agent, cell = asking(), 'await send(text="a")\nawait send(text="b")'
    _, result = await until_it_waits(agent, cell)
    assert isinstance(result.output, DeferredToolRequests)
    answers = DeferredToolResults(approvals={call.tool_call_id: True for call in result.output.approvals})
    events = await stream_of(agent, cell, message_history=result.all_messages(), deferred_tool_results=answers)
    assert [line for line in told(events) if 'suspended' in line] == ['  suspended None 1 waiting'] * 2


async def test_calls_of_a_corrected_cell_say_where_their_results_are_from() -> None:
    events = await stream_of(agent_with(double), 'x = await double(1)\n1 / 0', 'x = await double(1)\nx')
    sources = [(event.source, event.part.content) for event in events if isinstance(event, CellCallResultEvent)]
    assert sources == [('tool', 2), ('failed cell', 2)]
    assert not unpaired(events)


async def test_what_a_limit_cuts_off_is_told_as_interrupted_before_the_run_ends() -> None:
    events: list[Any] = []
    entered = asyncio.Event()

    async def endless(name: str) -> str:
        entered.set()
        await asyncio.Event().wait()
        return name

    async def too_much() -> str:
        await entered.wait()
        raise UsageLimitExceeded('enough')

    agent: Agent[None, Any] = Agent(
        tools=[Tool(endless, metadata={'read_only': True}), too_much], capabilities=[CodeMode(events='all')]
    )
    cell = 'import asyncio\nawait asyncio.gather(endless("a"), too_much())'
    async with agent.run_stream_events('go', model=scripted_model(cell)) as stream:
        with pytest.raises(UsageLimitExceeded):
            await heard_all(stream, events)
    assert not unpaired(events)
    assert told(events)[-3:] == snapshot(
        [
            "  2 interrupted 'RuntimeError: the call did not end' from tool",
            "  1 interrupted 'RuntimeError: the call did not end' from tool",
            '  error None 0 waiting',
        ]
    )


async def heard_all(stream: AsyncIterable[Any], events: list[Any]) -> None:
    """Note what comes until it ends or raises."""
    async for event in stream:
        events.append(event)


async def test_a_cancelled_run_does_not_wait_for_its_listener() -> None:
    entered = asyncio.Event()

    async def endless() -> str:
        entered.set()
        await asyncio.Event().wait()
        return ''

    with anyio.fail_after(60):
        async with agent_with(endless).run_stream_events('go', model=scripted_model('await endless()')) as events:
            async for event in events:
                if isinstance(event, CellCallEvent):
                    break
    assert entered.is_set()


async def test_a_handler_hears_them_and_so_does_agent_iter() -> None:
    heard: list[Any] = []

    async def listen(_: RunContext[None], stream: AsyncIterable[AgentStreamEvent]) -> None:
        heard.extend([event async for event in stream])

    agent = agent_with(double)
    await agent.run('go', model=scripted_model(THREE), event_stream_handler=listen)
    by_handler, heard = told(heard), []
    async with agent.iter('go', model=scripted_model(THREE)) as run:
        async for node in run:
            if Agent.is_model_request_node(node) or Agent.is_call_tools_node(node):
                async with node.stream(run.ctx) as stream:
                    heard.extend([event async for event in stream])
    assert by_handler == told(heard) == told(await stream_of(agent, THREE))


async def test_a_run_that_nobody_listens_to_is_not_streamed_from_the_model() -> None:
    """A model without streams would fail if it were."""
    played = scripted_model(THREE)
    assert played.function is not None
    result = await agent_with(double, events='all').run('go', model=FunctionModel(played.function))
    assert result.output == 'done'


@pytest.mark.parametrize(('options', 'count'), [({}, 0), ({'events': 'calls'}, 6), ({'events': 'all'}, 8)])
async def test_a_run_whose_model_is_not_streamed_tells_calls_where_that_is_asked_for(
    options: dict[str, Any], count: int
) -> None:
    heard: list[Any] = []
    async with agent_with(double, **options).iter('go', model=scripted_model(THREE)) as run:
        async for node in run:
            if Agent.is_call_tools_node(node):
                async with node.stream(run.ctx) as stream:
                    heard.extend([event async for event in stream if isinstance(event, CustomEvent)])
    assert len(heard) == count


async def test_a_listener_that_reads_nothing_holds_up_no_other_run() -> None:
    agent = agent_with(double)
    async with agent.run_stream_events('go', model=scripted_model(THREE)) as unread:
        await anext(unread)
        with anyio.fail_after(60):
            assert not unpaired(await stream_of(agent, THREE))


async def test_tool_events_come_as_if_the_model_had_called_the_tools() -> None:
    agent = agent_with(double, tool_events=True)
    events = await stream_of(agent, 'await double(3)')
    assert told(events) == ['run_code called', 'double called', 'double: success', 'run_code: success']


async def test_the_toolset_tells_its_calls_too() -> None:
    agent = Agent(toolsets=[CodeModeToolset(FunctionToolset[object]([double]))])
    async with agent.run_stream_events('go', model=scripted_model(THREE)) as stream:
        events = [event async for event in stream]
    assert len(told(events)) == 8


async def test_what_is_long_is_cut_in_events_as_in_the_history() -> None:
    async def numbers() -> list[int]:
        return [*range(10_000)]

    events = await stream_of(agent_with(numbers, max_call_chars=100), 'x = await numbers()\nlen(x)')
    [back] = [event.part.content for event in events if isinstance(event, CellCallResultEvent)]
    assert len(str(back)) < 200


async def test_events_survive_json_as_themselves() -> None:
    events = await stream_of(agent_with(double, events='all'), f'print(1)\n{THREE}')
    ours = [event for event in events if isinstance(event, CustomEvent)]
    adapter = TypeAdapter[AgentStreamEvent](AgentStreamEvent)
    loaded = [adapter.validate_json(adapter.dump_json(event)) for event in ours]
    assert [type(event) for event in loaded] == [type(event) for event in ours]
    assert told(loaded) == told(ours)


async def test_a_cell_that_was_cut_off_tells_what_it_had_done_from_the_journal() -> None:
    agent = agent_with(double, journal_writes='call')
    with capture_run_messages() as messages, pytest.raises(UsageLimitExceeded):
        await agent.run('go', model=scripted_model(THREE), usage_limits=UsageLimits(tool_calls_limit=3))
    events = await stream_of(agent, THREE, message_history=messages[:2])
    assert told(events) == snapshot(
        [
            'run_code called',
            "  1 double{'number': 1} line 1",
            '  1 success 2 from journal',
            "  2 double{'number': 2} line 2",
            '  2 success 4 from journal',
            "  3 double{'number': 6} line 3",
            '  3 success 12 from tool',
            'run_code: success',
        ]
    )
    assert not unpaired(events)
