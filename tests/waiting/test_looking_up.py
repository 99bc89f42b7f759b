"""A function that looks up what became of a call spares a person the question, under `CodeMode(on_unknown_call=...)`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai import Agent, DeferredToolRequests, RunContext, Tool, capture_run_messages
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter
from pydantic_ai.run import AgentRunResult
from support.scripts import scripted_model

from pydantic_ai_grail import Approve, CodeMode, Deny, SettingsError, SqlStore, WaitingCall, decide, waiting_calls
from pydantic_ai_grail.admin.inspection import list_cells
from pydantic_ai_grail.approvals import ApprovalGrant, ProvideResult, RaiseError
from pydantic_ai_grail.testing import played_cells

pytestmark = pytest.mark.anyio

CELL = 'first = await pay(1)\nsecond = await pay(2)\n[first, second]'


@dataclass
class Bank:
    """What it has paid, by idempotency key, and who asked it."""

    paid: dict[str, int] = field(default_factory=dict[str, int])
    lookups: list[WaitingCall] = field(default_factory=list[WaitingCall])


def till(folder: Path, look_up: Any, *, stuck: str = '', reached: asyncio.Event | None = None) -> Agent[Bank, Any]:
    """One process. `stuck`: whether it hangs before or after the second payment, until it is ended."""

    async def pay(ctx: RunContext[Bank], bill: int) -> str:
        async def hang(when: str) -> None:
            if bill == 2 and when == stuck and reached is not None:
                reached.set()
                await asyncio.sleep(60)

        await hang('before')
        ctx.deps.paid[ctx.tool_call_metadata['code_mode']['idempotency_key']] = bill
        await hang('after')
        return f'paid {bill}'

    return Agent(
        tools=[Tool(pay)],
        deps_type=Bank,
        output_type=[str, DeferredToolRequests],
        capabilities=[CodeMode(store=SqlStore(f'sqlite:///{folder}/till.db'), on_unknown_call=look_up)],
    )


async def at_the_bank(ctx: RunContext[Bank], call: WaitingCall) -> ProvideResult | Approve:
    """As a user would write it."""
    ctx.deps.lookups.append(call)
    bill = ctx.deps.paid.get(call.idempotency_key)
    return Approve() if bill is None else ProvideResult(f'paid {bill}, says the bank')


async def cut_off(folder: Path, bank: Bank, *, stuck: str) -> list[ModelMessage]:
    """The history of a run that ended in the second payment."""
    reached = asyncio.Event()
    with capture_run_messages() as messages:
        agent = till(folder, 'ask', stuck=stuck, reached=reached)
        run = asyncio.create_task(agent.run('go', model=scripted_model(CELL), deps=bank))
        await reached.wait()
        run.cancel()
        with suppress(asyncio.CancelledError):
            await run
    return ModelMessagesTypeAdapter.validate_json(ModelMessagesTypeAdapter.dump_json(messages))


async def gone_on(folder: Path, look_up: Any, *, stuck: str) -> tuple[AgentRunResult[Any], Bank]:
    bank = Bank()
    history = (await cut_off(folder, bank, stuck=stuck))[:2]  # without what was written of the cell that was cut off
    return await till(folder, look_up).run(model=scripted_model(CELL), message_history=history, deps=bank), bank


@pytest.mark.parametrize(
    ('stuck', 'second'), [('before', 'paid 2'), ('after', 'paid 2, says the bank')], ids=['not made', 'made']
)
async def test_a_call_is_made_again_only_if_it_had_no_effect(stuck: str, second: str, tmp_path: Path) -> None:
    result, bank = await gone_on(tmp_path, at_the_bank, stuck=stuck)
    [cell] = played_cells(result.all_messages())
    assert cell.content == {'result': ['paid 1', second]}
    assert sorted(bank.paid.values()) == [1, 2]


async def test_its_journal_says_that_it_was_looked_up(tmp_path: Path) -> None:
    result, _ = await gone_on(tmp_path, at_the_bank, stuck='after')
    conversation = result.all_messages()[-1].conversation_id
    assert conversation is not None
    [cell] = await list_cells(SqlStore(f'sqlite:///{tmp_path}/till.db'), conversation)
    assert [call.ended is not None and call.ended.looked_up for call in cell.calls] == [False, True]


async def test_it_is_shown_the_call_as_a_person_would_be(tmp_path: Path) -> None:
    result, bank = await gone_on(tmp_path, at_the_bank, stuck='after')
    [call] = bank.lookups
    [cell] = played_cells(result.all_messages())
    assert (call.tool_name, call.args, call.reason) == ('pay', {'bill': 2}, 'unknown')
    assert bank.paid[call.idempotency_key] == 2
    assert (call.cell_id, call.code, call.line, call.source_line) == (cell.cell_id, CELL, 2, 'second = await pay(2)')


async def test_in_the_next_cell_it_is_looked_up_too(tmp_path: Path) -> None:
    bank = Bank()
    history = await cut_off(tmp_path, bank, stuck='after')
    result = await till(tmp_path, at_the_bank).run(
        'again', model=scripted_model(f'both = 2\n{CELL}'), message_history=history, deps=bank
    )
    assert played_cells(result.all_messages())[-1].content['result'] == ['paid 1', 'paid 2, says the bank']
    assert sorted(bank.paid.values()) == [1, 2]


def says(decision: Any) -> Callable[[RunContext[Bank], WaitingCall], Any]:
    return lambda ctx, call: decision


@pytest.mark.parametrize(
    ('decision', 'told'),
    [
        (Deny('the bank is closed'), 'was denied: PermissionError: the bank is closed'),
        (False, 'was denied: PermissionError: The call was denied.'),
        (RaiseError('it bounced', 'ValueError'), 'raised ValueError: it bounced'),
    ],
)
async def test_what_it_denies_or_raises_code_gets(decision: Any, told: str, tmp_path: Path) -> None:
    result, bank = await gone_on(tmp_path, says(decision), stuck='before')
    assert played_cells(result.all_messages())[0].content.startswith(f'pay(bill=2) {told}\nline 2')
    assert list(bank.paid.values()) == [1]


async def test_where_it_cannot_tell_a_person_is_asked(tmp_path: Path) -> None:
    result, bank = await gone_on(tmp_path, says(None), stuck='before')
    [call] = waiting_calls(result.output)
    assert (call.reason, call.metadata) == ('unknown', {})
    done = await till(tmp_path, at_the_bank).run(
        model=scripted_model(CELL),
        message_history=result.all_messages(),
        deferred_tool_results=decide(result.output, Approve()),
        deps=bank,
    )
    assert played_cells(done.all_messages())[0].content == {'result': ['paid 1', 'paid 2']}
    assert bank.lookups == []


async def test_where_it_fails_a_person_is_asked_and_shown_why(tmp_path: Path) -> None:
    async def fails(ctx: RunContext[Bank], call: WaitingCall) -> None:
        raise ConnectionError('the bank does not answer')

    result, _ = await gone_on(tmp_path, fails, stuck='before')
    [call] = waiting_calls(result.output)
    assert call.metadata == {'look_up_failed': 'ConnectionError: the bank does not answer'}


async def test_where_it_is_cancelled_by_something_of_its_own_a_person_is_asked(tmp_path: Path) -> None:
    async def gives_up(ctx: RunContext[Bank], call: WaitingCall) -> None:
        raise asyncio.CancelledError

    result, _ = await gone_on(tmp_path, gives_up, stuck='before')
    [call] = waiting_calls(result.output)
    assert call.metadata == {'look_up_failed': 'CancelledError: '}


@pytest.mark.parametrize(
    ('given', 'why'),
    [
        (
            ProvideResult(object()),
            "ProvideResult() cannot be given to code: A value of type 'object' has no form in the sandbox.",
        ),
        (
            'yes',
            "what on_unknown_call gives is Approve(), Deny(), ProvideResult(), RaiseError(), ToolApproved(), ToolDenied(), True, False, or None for later; got 'yes'.",
        ),
        (
            Approve(grant=ApprovalGrant()),
            'What on_unknown_call gives is for one call, so Approve(grant=...) cannot be.',
        ),
    ],
)
async def test_what_is_no_decision_on_a_call_is_told_to_the_person_who_is_asked(
    given: Any, why: str, tmp_path: Path
) -> None:
    result, _ = await gone_on(tmp_path, says(given), stuck='before')
    [call] = waiting_calls(result.output)
    assert call.metadata == {'look_up_failed': f'DecisionError: {why}'}


def test_an_option_that_is_neither_a_word_nor_a_function_is_refused() -> None:
    with pytest.raises(
        SettingsError, match="on_unknown_call is one of 'ask', 'raise', 'retry', or a function, got 'forget'"
    ):
        CodeMode(on_unknown_call='forget')  # pyright: ignore[reportArgumentType]  # on purpose
