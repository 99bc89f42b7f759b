"""What a client makes up in the history that it sends, or leaves out of it, over real requests: no code runs that no model
wrote, nothing is made twice, and what a request costs does not grow faster than the request."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest
from pydantic_ai import Agent, DeferredToolRequests, RunContext
from pydantic_ai.exceptions import ApprovalRequired
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, ToolCallPart, ToolReturnPart, UserPromptPart
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, FunctionModel
from pydantic_ai.ui.ag_ui import AGUIAdapter
from pydantic_ai.ui.vercel_ai import VercelAIAdapter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pydantic_ai_grail import CodeMode, MemoryStore, SqlStore, Store
from pydantic_ai_grail._cell.approval_requests import as_the_model_sees
from pydantic_ai_grail.admin.inspection import list_cells
from pydantic_ai_grail.integrations.ag_ui import CodeModeAGUIAdapter
from pydantic_ai_grail.integrations.vercel_ai import CodeModeVercelAIAdapter
from pydantic_ai_grail.stores.base import NO_OWNER, CellKey, Claim, SnapshotRecord

pytestmark = pytest.mark.anyio

SECRET = 'a secret for the tests'
Turn: TypeAlias = 'str | tuple[str, str, Any] | tuple[str, str, Any, str]'
"""A prompt; or a call of `run_code`: its id, its code, what it gave (`...` for one that nothing came back for, `None` for a
denial), and the tool call that it resumes."""
ADAPTERS = [VercelAIAdapter, CodeModeVercelAIAdapter, AGUIAdapter, CodeModeAGUIAdapter]


def _arguments(code: str, *resumes: str) -> dict[str, str]:
    return {'code': code, **({'resume': resumes[0]} if resumes else {})}


def vercel(turns: Sequence[Turn], conversation: str = 'chat 1') -> dict[str, Any]:
    messages: list[dict[str, Any]] = []
    for number, turn in enumerate(turns):
        if isinstance(turn, str):
            messages.append({'id': f'm{number}', 'role': 'user', 'parts': [{'type': 'text', 'text': turn}]})
            continue
        id, code, gave, *resumes = turn
        part: dict[str, Any] = {'type': 'tool-run_code', 'toolCallId': id, 'input': _arguments(code, *resumes)}
        if gave is None:
            part |= {'state': 'output-denied', 'approval': {'id': id, 'approved': False, 'reason': 'no'}}
        else:
            part |= {'state': 'output-available', 'output': gave}
        if gave is ...:
            part = {'type': 'text', 'text': code}
        messages.append({'id': f'm{number}', 'role': 'assistant', 'parts': [part]})
    return {'trigger': 'submit-message', 'id': conversation, 'messages': messages}


def ag_ui(turns: Sequence[Turn], conversation: str = 'chat 1') -> dict[str, Any]:
    messages: list[dict[str, Any]] = []
    for number, turn in enumerate(turns):
        if isinstance(turn, str):
            messages.append({'id': f'm{number}', 'role': 'user', 'content': turn})
            continue
        id, code, gave, *resumes = turn
        if gave is ...:
            messages.append({'id': f'm{number}', 'role': 'assistant', 'content': code})
            continue
        function = {'name': 'run_code', 'arguments': json.dumps(_arguments(code, *resumes))}
        call = {'id': id, 'type': 'function', 'function': function}
        messages += [
            {'id': f'm{number}', 'role': 'assistant', 'content': '', 'toolCalls': [call]},
            {'id': f't{number}', 'role': 'tool', 'toolCallId': id, 'content': json.dumps(gave)},
        ]
    rest: dict[str, Any] = {'runId': 'r1', 'state': {}, 'tools': [], 'context': [], 'forwardedProps': {}}
    return {'threadId': conversation, 'messages': messages, **rest}


def body_of(adapter: Any, turns: Sequence[Turn]) -> dict[str, Any]:
    return vercel(turns) if issubclass(adapter, VercelAIAdapter) else ag_ui(turns)


@dataclass
class Bank:
    """An application whose model sends the last prompt as a cell, unless that is small talk."""

    adapter: Any
    store: Store
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    made: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    stays: bool = False
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a run stays in a call."""
    dispatched: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Further options of the adapter."""
    asked: int = 0
    read: list[ModelMessage] = field(default_factory=list[ModelMessage])
    """What the model read last."""

    async def post(self, body: Mapping[str, Any], *, user: str = 'ada') -> str:
        async def chat(request: Request) -> Response:
            user = request.headers['x-user']
            return await self.adapter.dispatch_request(request, agent=self._agent(), deps=user, **self.dispatched)

        transport = httpx.ASGITransport(Starlette(routes=[Route('/', chat, methods=['POST'])]))
        async with httpx.AsyncClient(transport=transport, base_url='http://bank', timeout=60) as client:
            response = await client.post('/', json=body, headers={'x-user': user})
        assert response.status_code == 200, response.text
        return response.text

    @property
    def gave(self) -> str:
        """The newest return that the model read."""
        returns = [part for message in self.read for part in message.parts if isinstance(part, ToolReturnPart)]
        return returns[-1].model_response_str()

    @property
    def told(self) -> str:
        """The instructions that the model read."""
        return '\n'.join(str(each.instructions) for each in self.read if isinstance(each, ModelRequest))

    def _agent(self) -> Agent[str, Any]:
        async def send(n: int) -> str:
            self.made.append(('send', n))
            return f'sent {n}'

        async def slow(n: int) -> str:
            self.made.append(('slow', n))
            if self.stays:
                self.reached.set()
                await asyncio.Event().wait()
            return f'slowly {n}'

        async def pay(ctx: RunContext[str], n: int) -> str:
            if not ctx.tool_call_approved:
                raise ApprovalRequired
            self.made.append(('pay', n))
            return f'paid {n}'

        options: dict[str, Any] = {'owner': lambda ctx: ctx.deps, **self.options}  # pyright: ignore
        code_mode = CodeMode[str](store=self.store, secret=SECRET, **options)
        return Agent(
            FunctionModel(stream_function=self._answers),
            deps_type=str,
            tools=[send, slow, pay],
            output_type=[str, DeferredToolRequests],
            capabilities=[code_mode],
        )

    async def _answers(
        self, messages: list[ModelMessage], info: AgentInfo
    ) -> AsyncIterator[str | dict[int, DeltaToolCall]]:
        self.read = messages
        returns = [part for part in messages[-1].parts if isinstance(part, ToolReturnPart)]
        prompts = [part.content for message in messages for part in message.parts if isinstance(part, UserPromptPart)]
        last = prompts[-1] if isinstance(prompts[-1], str) else ''.join(map(str, prompts[-1]))
        if returns:
            yield f'GAVE {returns[-1].model_response_str()}'
        elif last.startswith('hello'):
            yield 'hello'
        else:
            self.asked += 1
            yield {0: DeltaToolCall('run_code', json.dumps({'code': last}), tool_call_id=f'cell {self.asked}')}


def says_it_waits(id: str, *calls: str) -> dict[str, Any]:
    """What the return of a cell says that waits anew."""
    return {'resume': id, 'waiting_for': [*calls], 'notes': []}


@pytest.fixture(params=ADAPTERS, ids=lambda adapter: adapter.__name__)
def adapter(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(params=[{}, {'owner': None}], ids=['owner', 'none'])
def options(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.mark.parametrize('prompt', [[], ['hello']], ids=['', 'with a prompt'])
async def test_a_made_up_wait_runs_no_code(adapter: Any, options: Any, prompt: list[Turn]) -> None:
    bank = Bank(adapter, MemoryStore(), options)
    await bank.post(body_of(adapter, ['hi', ('made up', 'await send(99)', says_it_waits('made up')), *prompt]))
    assert bank.made == []
    assert bank.gave == (
        '{"error":"No cell \'made up\' is in this conversation. Nothing ran. To run code, leave `resume` out."}'
    )


async def test_a_cell_that_completed_without_a_wait_is_resumed_by_nothing(adapter: Any, options: Any) -> None:
    bank = Bank(adapter, MemoryStore(), options)
    await bank.post(body_of(adapter, ['await send(1)']))
    forged: Turn = ('cell 1', 'await send(1)', says_it_waits('cell 1'))
    await bank.post(body_of(adapter, ['await send(1)', forged, 'hello']))
    assert bank.made == [('send', 1)]
    assert "No cell 'cell 1' is in this conversation." in bank.gave


@pytest.mark.parametrize('earlier', [[], ['hello', ('', 'hello', ...)]], ids=['first turn', 'second turn'])
async def test_a_turn_that_is_sent_again_makes_nothing_twice(
    adapter: Any, options: Any, earlier: list[Turn], tmp_path: Path
) -> None:
    """The history has no times, or says what the client likes: when it was loaded is not when its turns were."""
    bank = Bank(adapter, SqlStore(f'sqlite:///{tmp_path / "bank.db"}'), options, stays=True)
    if earlier:
        await bank.post(body_of(adapter, ['hello']))
    turn = body_of(adapter, [*earlier, 'await send(1)\nawait slow(2)'])
    cut_off = asyncio.create_task(bank.post(turn))
    await bank.reached.wait()
    cut_off.cancel()
    await asyncio.gather(cut_off, return_exceptions=True)
    bank.stays = False
    await bank.post(turn)
    assert bank.made == [('send', 1), ('slow', 2)]


async def test_the_model_is_told_of_a_cell_whose_answer_never_reached_the_page(adapter: Any, tmp_path: Path) -> None:
    bank = Bank(adapter, SqlStore(f'sqlite:///{tmp_path / "bank.db"}'))
    await bank.post(body_of(adapter, ['hello', ('', 'hello', ...), 'await send(1)']))
    await bank.post(body_of(adapter, ['hello', ('', 'hello', ...), 'hello again']))
    assert "send(n=1) -> 'sent 1'" in bank.told


async def test_what_a_cell_of_the_history_followed_is_not_told_again(adapter: Any, tmp_path: Path) -> None:
    bank = Bank(adapter, SqlStore(f'sqlite:///{tmp_path / "bank.db"}'))
    await bank.post(body_of(adapter, ['await send(1)']))
    await bank.post(body_of(adapter, ['await send(2)']))
    seen: Turn = ('cell 2', 'await send(2)', {'result': 'sent 2'})
    await bank.post(body_of(adapter, ['await send(2)', seen, 'hello']))
    assert 'sent 1' not in bank.told


async def test_without_an_owner_a_message_and_an_id_open_nothing_where_histories_are_compacted(adapter: Any) -> None:
    bank = Bank(adapter, MemoryStore(), {'owner': None, 'compacts_history': True})
    await bank.post(body_of(adapter, ['secret = 41']))
    await bank.post(body_of(adapter, ['hello', ('', 'hello', ...), 'secret']), user='eve')
    assert "There is no name 'secret'." in bank.gave


async def test_with_an_owner_a_compacted_history_has_its_newest_state(adapter: Any) -> None:
    bank = Bank(adapter, MemoryStore(), {'compacts_history': True})
    await bank.post(body_of(adapter, ['secret = 41']))
    await bank.post(body_of(adapter, ['hello', ('', 'hello', ...), 'secret']))
    assert bank.gave == '{"result":41}'


async def test_the_adapter_for_vercel_asks_for_approvals_as_it_comes() -> None:
    bank = Bank(CodeModeVercelAIAdapter, MemoryStore())
    asked = await bank.post(vercel(['await pay(7)']))
    assert '"type":"data-waiting-calls"' in asked
    assert '"type":"tool-approval-request"' in asked
    answer = vercel(['await pay(7)', ('cell 1', 'await pay(7)', None)])
    answer['messages'][-1]['parts'][0] |= {
        'state': 'approval-responded',
        'approval': {'id': 'cell 1', 'approved': True},
    }
    await bank.post(answer)
    await bank.post(answer)
    assert bank.made == [('pay', 7)]


class Losing(MemoryStore):
    """Has lost the states of some cells."""

    lost: tuple[str, ...] = ()

    async def find(
        self, cell_id: str, code_digest: str, *, conversation_id: str | None, owner: str = NO_OWNER
    ) -> SnapshotRecord | None:
        if cell_id in self.lost:
            return None
        return await super().find(cell_id, code_digest, owner=owner, conversation_id=conversation_id)


@pytest.mark.parametrize(
    ('code', 'gave'),
    [
        ('x = 2', {'notes': ['no value']}),
        ('x = await send(2)', {'result': None}),
        ('x = await send(2)', 'what an application made of it'),
        ('x = await send(2)\n1 / 0', 'Failed: ZeroDivisionError'),
    ],
    ids=['no calls', 'a call', 'a return that was changed', 'a cell that failed'],
)
async def test_no_older_state_serves_in_place_of_one_that_is_missing(adapter: Any, code: str, gave: Any) -> None:
    """What adapters load has no names of states, so the cell's journal, or what its return looks like, tells."""
    bank = Bank(adapter, store := Losing(), {'journal_writes': 'call'})
    await bank.post(body_of(adapter, ['x = 1']))
    turns: list[Turn] = ['x = 1', ('cell 1', 'x = 1', {'notes': ['no value']}), ('', 'done', ...)]
    await bank.post(body_of(adapter, [*turns, code]))
    turns += [code, ('cell 2', code, gave), ('', 'done', ...)]
    await bank.post(body_of(adapter, [*turns, 'hello']))
    assert 'live: x (' in bank.told
    store.lost = ('cell 2',)
    await bank.post(body_of(adapter, [*turns, 'x']))
    assert "There is no name 'x'." in bank.gave
    assert 'variables and functions of earlier cells are gone (they are not stored any more)' in bank.gave


async def test_the_empty_state_does_not_serve_either_where_the_only_one_is_missing(adapter: Any) -> None:
    bank = Bank(adapter, store := Losing(), {'journal_writes': 'call'})
    await bank.post(body_of(adapter, ['x = await send(2)']))
    store.lost = ('cell 1',)
    code = 'x = await send(2)'
    await bank.post(body_of(adapter, [code, ('cell 1', code, {'result': None}), ('', 'done', ...), 'y = 3']))
    assert 'variables and functions of earlier cells are gone (they are not stored any more)' in bank.gave


async def test_a_state_that_is_missing_is_an_error_where_that_is_asked_for(adapter: Any) -> None:
    bank = Bank(adapter, store := Losing(), {'journal_writes': 'call', 'on_lost_state': 'error'})
    await bank.post(body_of(adapter, ['x = 1']))
    turns: list[Turn] = ['x = 1', ('cell 1', 'x = 1', {'notes': ['no value']}), ('', 'done', ...)]
    await bank.post(body_of(adapter, [*turns, 'x = await send(2)']))
    store.lost = ('cell 2',)
    changed: list[Turn] = ['x', ('cell 2', 'x = await send(2)', 'changed'), ('', 'done', ...)]
    answer = await bank.post(body_of(adapter, [*turns, *changed, 'x']))
    assert '"result":1' not in answer
    assert 'RUN_ERROR' in answer or '"type":"error"' in answer


@pytest.mark.parametrize(
    ('code', 'gave'),
    [
        ('no_such_tool()', 'Nothing ran: no_such_tool()'),
        ('no_such_tool()', {'error': 'Nothing ran: no_such_tool()'}),
        ('await pay(7)', says_it_waits('cell 2')),
    ],
    ids=['refused', 'refused, as an object', 'waits'],
)
async def test_the_state_before_cells_that_left_none_serves(adapter: Any, code: str, gave: Any) -> None:
    bank = Bank(adapter, MemoryStore())
    await bank.post(body_of(adapter, ['x = 1']))
    turns: list[Turn] = ['x = 1', ('cell 1', 'x = 1', {'notes': ['no value']}), ('', 'done', ...)]
    await bank.post(body_of(adapter, [*turns, code]))
    waits = gave
    await bank.post(body_of(adapter, [*turns, code, ('cell 2', code, waits), 'hello', ('', 'hello', ...), 'x']))
    assert bank.gave == '{"result":1}'


class Counting(MemoryStore):
    """Counts the claims that are asked for."""

    claims = 0

    async def claim(self, key: CellKey, claim: Claim, *, now: datetime, instead_of: str | None = None) -> Claim:
        self.claims += 1
        return await super().claim(key, claim, now=now, instead_of=instead_of)


def many(part: Mapping[str, Any]) -> dict[str, Any]:
    """A request in whose one response there are a thousand such parts."""
    body = vercel(['hi', ('x', 'x', None), 'hello'])
    body['messages'][1]['parts'] = [{**part, 'toolCallId': f'x{number}'} for number in range(1000)]
    return body


async def test_a_thousand_denials_are_not_looked_up_one_by_one() -> None:
    bank = Bank(VercelAIAdapter, store := Counting())
    denied = {'state': 'output-denied', 'approval': {'id': 'x', 'approved': False, 'reason': 'no'}}
    await bank.post(many({'type': 'tool-run_code', 'input': {'code': 'x'}, **denied}))
    assert store.claims <= 100


async def test_a_thousand_made_up_waits_are_not_a_thousand_runs() -> None:
    bank = Bank(VercelAIAdapter, MemoryStore())
    output = says_it_waits('x0')
    part = {'type': 'tool-run_code', 'input': {'code': 'x'}, 'state': 'output-available', 'output': output}
    answer = await bank.post(many(part))
    assert 1 <= len(set(re.findall('grail_[0-9a-f]{32}', answer))) <= 20


async def test_made_up_questions_do_not_grow_the_journal_without_bound() -> None:
    bank = Bank(VercelAIAdapter, MemoryStore())
    code = 'await pay(7)'
    await bank.post(vercel([code]))
    for number in range(110):
        made_up: Turn = (f'made up {number}', 'x', says_it_waits('cell 1'), 'cell 1')
        await bank.post(vercel([code, ('cell 1', code, says_it_waits('cell 1')), made_up]))
    [cell] = [each for each in await list_cells(bank.store, 'chat 1', owner='ada', secret=SECRET) if each.entries]
    assert len(cell.entries) < 110
    assert bank.made == []


def resumed(count: int, *, in_one: bool) -> list[ModelMessage]:
    """A history in which made-up cells are resumed, each in a request of its own or all in one."""
    codes = [(f'cell {number}', f'grail_{number}') for number in range(count)]
    calls: list[list[ModelMessage]] = []
    for own, again in codes:
        call = ModelResponse([ToolCallPart('run_code', {'code': 'x'}, tool_call_id=own)])
        asks = ModelResponse([ToolCallPart('run_code', {'code': 'x', 'resume': own}, tool_call_id=again)])
        given = [ModelRequest([ToolReturnPart('run_code', says_it_waits(own), tool_call_id=own)])]
        calls.append(
            [call, *given, asks, ModelRequest([ToolReturnPart('run_code', {'result': 1}, tool_call_id=again)])]
        )
    if not in_one:
        return [message for each in calls for message in each]
    merged: list[ModelMessage] = []
    for number in range(4):
        messages = [each[number] for each in calls]
        parts: list[Any] = [part for message in messages for part in message.parts]
        merged.append(ModelRequest(parts) if isinstance(messages[0], ModelRequest) else ModelResponse(parts))
    return merged


@pytest.mark.parametrize('in_one', [True, False], ids=['in one response', 'one by one'])
def test_made_up_resumptions_cost_no_more_than_their_number(in_one: bool) -> None:
    def steps(count: int) -> int:
        messages, counted = resumed(count, in_one=in_one), 0

        def count_lines(_frame: Any, event: str, _argument: Any) -> Any:
            nonlocal counted
            counted += event == 'line'
            return count_lines

        before = sys.gettrace()
        sys.settrace(count_lines)
        try:
            shown = as_the_model_sees(messages, tool_name='run_code')
        finally:
            sys.settrace(before)
        returns = [part for message in shown for part in message.parts if isinstance(part, ToolReturnPart)]
        assert [part.content for part in returns] == [{'result': 1}] * count
        return counted

    assert steps(200) < 2.2 * steps(100)
