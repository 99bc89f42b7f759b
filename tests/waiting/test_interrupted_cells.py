"""A cell that an exception cut off leaves calls of which nobody knows; the next cell does not make them again unasked."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai import Agent, DeferredToolRequests, RunContext, Tool, UsageLimits, capture_run_messages
from pydantic_ai.exceptions import ApprovalRequired, UsageLimitExceeded
from pydantic_ai.messages import (
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelRequest,
    ModelResponse,
    ToolCallPart,
    ToolReturnPart,
)
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.run import AgentRunResult
from support.scripts import scripted_model

from pydantic_ai_grail import Approve, CodeMode, Deny, SqlStore, decide, waiting_calls
from pydantic_ai_grail.approvals import ProvideResult
from pydantic_ai_grail.testing import played_cells

pytestmark = pytest.mark.anyio

CELL = '[await pay(1), await pay(2)]'
GATHER = 'import asyncio\nawait asyncio.gather(pay(1), pay(2), pay(3))'
AGAIN = 'all = [await pay(1), await pay(2)]\nall'
FAILS = 'import asyncio\n\nasync def fails():\n    await asyncio.sleep(0.05)\n    return 1 / 0\n\n'
TELLS = 'try:\n    told = await pay(2)\nexcept RuntimeError as error:\n    told = str(error)\ntold'


@dataclass
class Till:
    """An agent that pays. What it has paid outlives it; whether a payment was, it tells nobody."""

    folder: Path
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    large: int = 1000
    """From this bill on somebody has to allow it."""
    paid: list[int] = field(default_factory=list[int])
    attempts: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    """The number and the key of each attempt."""
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    def agent(self, *, stops_in: int | None = None) -> Agent[None, Any]:
        """One process. `stops_in`: the bill that it pays and in which it is stuck."""

        async def pay(ctx: RunContext[Any], bill: int) -> str:
            if bill >= self.large and not ctx.tool_call_approved:
                raise ApprovalRequired(metadata={'why': 'large'})
            about = ctx.tool_call_metadata['code_mode']
            self.attempts.append((about['attempt'], about['idempotency_key']))
            self.paid.append(bill)
            if bill == stops_in:
                self.reached.set()
                await asyncio.sleep(60)
            return f'paid {bill}'

        return Agent(
            tools=[Tool(pay, metadata=self.metadata)],
            output_type=[str, DeferredToolRequests],
            capabilities=[CodeMode(store=SqlStore(f'sqlite:///{self.folder}/till.db'), **self.options)],
        )

    async def cut_off(self, cell: str = CELL, *, prompt: str | None = 'go', **how: Any) -> list[ModelMessage]:
        """The history of a run that was cancelled within the payment of bill 2, as it was stored."""
        self.reached.clear()
        with capture_run_messages() as messages:
            run = asyncio.create_task(self.agent(stops_in=2).run(prompt, model=scripted_model(cell), **how))
            await self.reached.wait()
            run.cancel()
            with suppress(asyncio.CancelledError):
                await run
        return stored(messages)

    async def asks(self, history: list[ModelMessage], *cells: str) -> AgentRunResult[Any]:
        """A person asks again, and the model writes these cells."""
        return await self.agent().run('again', model=scripted_model(*cells), message_history=history)

    async def decides(self, waiting: AgentRunResult[Any], decision: Any, *cells: str) -> AgentRunResult[Any]:
        return await self.agent().run(
            model=scripted_model(*cells),
            message_history=stored(waiting.all_messages()),
            deferred_tool_results=decide(waiting.output, decision),
        )


def stored(messages: list[ModelMessage]) -> list[ModelMessage]:
    return ModelMessagesTypeAdapter.validate_json(ModelMessagesTypeAdapter.dump_json(messages))


def last(result: AgentRunResult[Any]) -> Any:
    return played_cells(result.all_messages())[-1].content


def waits_for(result: AgentRunResult[Any]) -> list[Any]:
    return [(call.args['bill'], call.reason) for call in waiting_calls(result.output)]


async def test_when_the_process_dies_and_the_conversation_continues_with_a_new_prompt(tmp_path: Path) -> None:
    till = Till(tmp_path)
    waiting = await till.asks(await till.cut_off(), AGAIN)
    assert waits_for(waiting) == [(2, 'unknown')]
    assert till.paid == [1, 2]
    done = await till.decides(waiting, ProvideResult('looked up: 2'), AGAIN)
    assert last(done)['result'] == ['paid 1', 'looked up: 2']
    assert till.paid == [1, 2]


async def test_made_again_it_is_another_attempt_under_the_same_key(tmp_path: Path) -> None:
    till = Till(tmp_path)
    waiting = await till.asks(await till.cut_off(), AGAIN)
    [call] = waiting_calls(waiting.output)
    done = await till.decides(waiting, Approve(), AGAIN)
    assert last(done)['result'] == ['paid 1', 'paid 2']
    assert till.paid == [1, 2, 2]
    _, (first, key), (second, same_key) = till.attempts
    assert (first, second) == (1, 2)
    assert key == same_key == call.idempotency_key


@pytest.mark.parametrize('cell', ['[await pay(n) for n in (1, 2, 3)]', GATHER], ids=['in a loop', 'in a gather'])
async def test_a_call_that_a_usage_limit_refused_was_not_made_and_is_made_when_the_cell_goes_on(
    cell: str, tmp_path: Path
) -> None:
    till = Till(tmp_path)
    with capture_run_messages() as messages, pytest.raises(UsageLimitExceeded):
        await till.agent().run('go', model=scripted_model(cell), usage_limits=UsageLimits(tool_calls_limit=3))
    assert till.paid == [1, 2]
    done = await till.agent().run(model=scripted_model(cell), message_history=stored(messages)[:2])
    assert last(done) == {'result': ['paid 1', 'paid 2', 'paid 3']}
    assert till.paid == [1, 2, 3]


async def test_it_waits_wherever_in_the_cell_it_is_made_and_after_whatever(tmp_path: Path) -> None:
    till = Till(tmp_path)
    waiting = await till.asks(await till.cut_off(), '[await pay(3), await pay(4), await pay(2)]')
    assert waits_for(waiting) == [(2, 'unknown')]
    assert till.paid == [1, 2, 3, 4]


async def test_each_call_that_was_under_way_is_asked_for_once(tmp_path: Path) -> None:
    till = Till(tmp_path)
    cell = '[await pay(2), await pay(2)]'
    waiting = await till.asks(await till.cut_off(), cell)
    done = await till.decides(waiting, ProvideResult('paid before'), cell)
    assert last(done) == {'result': ['paid before', 'paid 2']}
    assert till.paid == [1, 2, 2]


async def test_with_other_arguments_it_is_another_call(tmp_path: Path) -> None:
    till = Till(tmp_path)
    done = await till.asks(await till.cut_off(), 'await pay(3)')
    assert last(done) == {'result': 'paid 3'}


async def test_with_raise_code_is_told_that_nobody_knows(tmp_path: Path) -> None:
    till = Till(tmp_path, options={'on_unknown_call': 'raise'})
    done = await till.asks(await till.cut_off(), TELLS)
    assert last(done) == {'result': 'pay() was under way when its run ended; whether it took effect is not known'}
    assert till.paid == [1, 2]


@pytest.mark.parametrize(
    'till',
    [{'options': {'on_unknown_call': 'retry'}}, {'metadata': {'idempotent': True}}, {'metadata': {'read_only': True}}],
    ids=['with retry', 'idempotent', 'read only'],
)
async def test_what_may_be_called_twice_is_called_again_under_the_same_key(
    till: dict[str, Any], tmp_path: Path
) -> None:
    it = Till(tmp_path, **till)
    done = await it.asks(await it.cut_off(), 'await pay(2)')
    assert last(done) == {'result': 'paid 2'}
    assert it.paid == [1, 2, 2]
    assert it.attempts[1] == (1, it.attempts[2][1])


async def test_cut_off_once_more_it_still_waits(tmp_path: Path) -> None:
    till = Till(tmp_path)
    waiting = await till.asks(await till.cut_off(), AGAIN)
    history = await till.cut_off(
        AGAIN,
        prompt=None,
        message_history=stored(waiting.all_messages()),
        deferred_tool_results=decide(waiting.output, Approve()),
    )
    again = await till.asks(history, CELL)
    assert waits_for(again) == [(2, 'unknown')]
    assert till.paid == [1, 2, 2]


@pytest.mark.parametrize('cell', [CELL, AGAIN], ids=['gone on with', 'in the next cell'])
async def test_what_a_person_had_allowed_is_what_is_made_again(cell: str, tmp_path: Path) -> None:
    till = Till(tmp_path, large=2)
    asked = await till.agent().run('go', model=scripted_model('await pay(5)'))
    till_large = decide(asked.output, Approve(override_args={'bill': 2}))
    history = await till.cut_off(
        prompt=None, message_history=stored(asked.all_messages()), deferred_tool_results=till_large
    )
    if cell is CELL:  # without what was written of the cell that was cut off
        waiting = await till.agent().run(model=scripted_model(), message_history=history[:2])
    else:
        waiting = await till.asks(history, '[await pay(5)]')
    [call] = waiting_calls(waiting.output)
    assert (call.reason, call.args) == ('unknown', {'bill': 2})
    assert 'pay(5)' in call.code
    assert call.metadata == {'why': 'large'}
    done = await till.decides(waiting, True, *([] if cell is CELL else ['[await pay(5)]']))
    assert 'paid 2' in str(last(done))
    assert till.paid == [2, 2]


async def test_without_a_journal_that_outlives_the_cell_nothing_is_known(tmp_path: Path) -> None:
    till = Till(tmp_path, options={'journal_writes': 'cell'})
    done = await till.asks(await till.cut_off(), AGAIN)
    assert last(done)['result'] == ['paid 1', 'paid 2']
    assert till.paid == [1, 2, 1, 2]


async def test_a_person_may_say_that_it_is_not_to_be_made(tmp_path: Path) -> None:
    till = Till(tmp_path)
    waiting = await till.asks(await till.cut_off(), AGAIN)
    done = await till.decides(waiting, Deny('the bank is looking into it'), AGAIN)
    assert 'PermissionError: the bank is looking into it' in last(done)
    assert till.paid == [1, 2]


@pytest.mark.parametrize('between', ['no_such_name', '1 + 1', '1 / 0', 'await pay(7)'])
async def test_it_waits_too_after_other_cells_of_the_run(between: str, tmp_path: Path) -> None:
    till = Till(tmp_path)
    waiting = await till.asks(await till.cut_off(), between, 'await pay(2)')
    assert waits_for(waiting) == [(2, 'unknown')]


@pytest.mark.parametrize('between', ['no_such_name', '1 + 1', '1 / 0', 'await pay(7)'])
async def test_it_waits_too_after_other_cells_of_other_runs(between: str, tmp_path: Path) -> None:
    till = Till(tmp_path)
    after = await till.asks(await till.cut_off(), between)
    waiting = await till.asks(stored(after.all_messages()), 'await pay(2)')
    assert waits_for(waiting) == [(2, 'unknown')]


async def test_once_somebody_has_decided_on_it_the_next_one_is_a_new_call(tmp_path: Path) -> None:
    till = Till(tmp_path)
    waiting = await till.asks(await till.cut_off(), AGAIN)
    done = await till.decides(waiting, ProvideResult('paid 2'), AGAIN)
    later = await till.asks(stored(done.all_messages()), 'await pay(2)')
    assert last(later) == {'result': 'paid 2'}
    assert till.paid == [1, 2, 2]


async def test_it_waits_too_where_calls_are_not_reused(tmp_path: Path) -> None:
    till = Till(tmp_path, options={'reuse_calls': False})
    waiting = await till.asks(await till.cut_off(), '[await pay(2)]')
    assert waits_for(waiting) == [(2, 'unknown')]


async def test_the_model_cannot_have_it_made_again_by_asking_for_all_calls(tmp_path: Path) -> None:
    till = Till(tmp_path)
    history = await till.cut_off()

    def play(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        return ModelResponse([ToolCallPart('run_code', {'code': 'await pay(2)', 'rerun': True})])

    waiting = await till.agent().run('again', model=FunctionModel(play), message_history=history)
    assert waits_for(waiting) == [(2, 'unknown')]


async def test_it_waits_too_when_its_own_cell_went_on_and_failed(tmp_path: Path) -> None:
    till = Till(tmp_path)
    history = await till.cut_off(f'{FAILS}await asyncio.gather(pay(2), fails())')
    failed = await till.agent().run(model=scripted_model(), message_history=history[:2])
    assert 'ZeroDivisionError' in last(failed)
    assert 'so they may have taken effect:\n  pay(bill=2)\n' in last(failed)
    waiting = await till.asks(stored(failed.all_messages()), '[await pay(2)]')
    assert waits_for(waiting) == [(2, 'unknown')]
    assert till.paid == [2]


async def test_a_cell_that_the_application_wrote_a_return_for_is_corrected_like_one_that_failed(tmp_path: Path) -> None:
    till = Till(tmp_path)
    history = (await till.cut_off())[:2]  # without what Pydantic AI wrote of it
    part = next(part for part in history[-1].parts if isinstance(part, ToolCallPart))
    returned = ToolReturnPart('run_code', 'The server was restarted.', tool_call_id=part.tool_call_id)
    waiting = await till.asks([*history, ModelRequest(parts=[returned])], AGAIN)
    assert waits_for(waiting) == [(2, 'unknown')]
    assert till.paid == [1, 2]
