"""An application that saves its messages only after a run has none of a run that died; the store has what that did."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic_ai import Agent, ApprovalRequired, DeferredToolRequests, RunContext, Tool
from pydantic_ai.messages import ModelRequest
from pydantic_ai.run import AgentRunResult
from support.dying import Life, Moment, lived
from support.scripts import scripted_model

from pydantic_ai_grail import Approve, CodeMode, SqlStore, decide, waiting_calls
from pydantic_ai_grail._cell import orphaned_cells as unsaved
from pydantic_ai_grail._cell.message_history import last_instruction
from pydantic_ai_grail.approvals import ProvideResult
from pydantic_ai_grail.testing import played_cells

pytestmark = pytest.mark.anyio

UNSEEN = (
    'An earlier run of this conversation was interrupted, was taken back, or still runs beside this one. These messages do not show '
    'what it did; it stays done.'
)


@pytest.mark.parametrize(
    ('dies', 'decision', 'result'),
    [
        ('before the call', None, ['paid 1', 'paid 2']),
        ('in the call', Approve(), ['paid 1', 'paid 2']),
        ('after its effect', ProvideResult('it was paid'), ['paid 1', 'it was paid']),
        ('after the call', None, ['paid 1', 'paid 2']),
    ],
)
def test_when_the_process_dies_and_the_application_has_none_of_its_messages(
    dies: Moment, decision: Any, result: list[str], tmp_path: Path
) -> None:
    lives = [Life(dies=dies, saves_messages=False), Life(saves_messages=False)]
    if decision is not None:
        lives.append(Life(decisions=decision, saves_messages=False))
    outcome = lived(tmp_path, *lives)
    assert outcome.content['result'] == result
    assert outcome.paid == [1, 2]


class Till:
    """An agent that pays, and what its model was told at the beginning of its last run."""

    def __init__(self, folder: Path, *, asks_from: int = 1000, owner: str | None = 'ada') -> None:
        self.paid: list[int] = []
        self.told = ''
        self.reached = asyncio.Event()
        self._folder, self._asks_from, self._owner = folder, asks_from, owner

    async def run(
        self,
        *cells: str,
        stops_in: int | None = None,
        prompt: str | None = 'go',
        on_unknown_call: Literal['ask', 'retry'] = 'ask',
        **how: Any,
    ) -> AgentRunResult[Any]:
        async def pay(ctx: RunContext[Any], bill: int) -> str:
            if bill >= self._asks_from and not ctx.tool_call_approved:
                raise ApprovalRequired
            self.paid.append(bill)
            if bill == stops_in:
                self.reached.set()
                await asyncio.sleep(60)
            return f'paid {bill}'

        async def balance() -> int:
            return 100 - sum(self.paid)

        agent = Agent(
            tools=[Tool(pay), Tool(balance, metadata={'read_only': True})],
            output_type=[str, DeferredToolRequests],
            capabilities=[
                CodeMode(
                    store=SqlStore(f'sqlite:///{self._folder}/till.db'),
                    owner=self._owner,
                    on_unknown_call=on_unknown_call,
                )
            ],
        )
        result = await agent.run(prompt, model=scripted_model(*cells), conversation_id='A', **how)
        request = next(message for message in result.new_messages() if isinstance(message, ModelRequest))
        self.told = last_instruction([*(how.get('message_history') or []), request], 'toolset:code_mode:variables')
        return result

    async def cut_off(self, *cells: str, **how: Any) -> None:
        """A run that is cancelled in the payment of bill 2, and of which no message is left."""
        self.reached.clear()
        run = asyncio.create_task(self.run(*cells, stops_in=2, **how))
        await self.reached.wait()
        run.cancel()
        with suppress(asyncio.CancelledError):
            await run


async def test_the_model_is_told_what_was_done(tmp_path: Path) -> None:
    till = Till(tmp_path)
    await till.cut_off('await balance()\nawait pay(1)\nawait pay(2)')
    result = await till.run('await balance()\nawait pay(1)\nawait pay(2)')
    assert till.told == '\n'.join(
        [
            UNSEEN,
            'Calls that were made and are not undone:',
            "  pay(bill=1) -> 'paid 1'",
            'Continue from there. If code makes them again, with the same arguments, they return this and are not run again.',
            'Interrupted before they answered, so they may have taken effect:',
            '  pay(bill=2)',
            'If one is still needed, make it with exactly these arguments: a person is asked first.',
        ]
    )
    [call] = waiting_calls(result.output)
    assert (call.args, call.reason) == ({'bill': 2}, 'unknown')
    assert till.paid == [1, 2]


async def test_without_an_owner_an_id_alone_tells_nothing_and_still_nothing_is_done_twice(tmp_path: Path) -> None:
    till = Till(tmp_path, owner=None)
    await till.cut_off('await pay(1)\nawait pay(2)')
    result = await till.run('await pay(1)\nawait pay(2)')
    assert till.told == ''
    [call] = waiting_calls(result.output)
    assert (call.args, call.reason) == ({'bill': 2}, 'unknown')
    assert till.paid == [1, 2]


async def test_without_an_owner_a_cell_of_ones_own_in_the_conversation_tells_nothing_either(tmp_path: Path) -> None:
    till = Till(tmp_path, owner=None)
    await till.cut_off('await pay(1)\nawait pay(2)')
    own = await till.run('x = 1')
    await till.run('x', message_history=own.all_messages())
    assert 'pay' not in till.told


async def test_without_an_owner_a_history_is_told_what_began_after_its_cells(tmp_path: Path) -> None:
    till = Till(tmp_path, owner=None)
    history = (await till.run('x = 1')).all_messages()
    await till.cut_off('await pay(1)', 'await pay(2)', message_history=history)
    await till.run('x', message_history=history)
    assert "  pay(bill=1) -> 'paid 1'" in till.told
    assert '  pay(bill=2)' in till.told


async def test_of_a_cell_that_came_to_its_end_the_model_is_told_and_may_do_it_again(tmp_path: Path) -> None:
    till = Till(tmp_path)
    history = (await till.run('1 + 1')).all_messages()
    await till.cut_off('await pay(1)', 'await pay(2)', message_history=history)
    done = await till.run('await pay(1)', message_history=history)
    assert "  pay(bill=1) -> 'paid 1'\nUse what they returned" in till.told
    assert '  pay(bill=2)' in till.told
    assert played_cells(done.all_messages())[-1].content['result'] == 'paid 1'
    assert till.paid == [1, 2, 1]


async def test_jobs_that_share_a_conversation_and_no_history_are_not_told_of_each_other(tmp_path: Path) -> None:
    till = Till(tmp_path)
    for _ in range(2):
        await till.run('await pay(1)')
        assert till.told == ''
    assert till.paid == [1, 1]


async def test_after_long_what_was_cut_off_is_told_and_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unsaved, 'REUSED_FOR', timedelta(0))
    till = Till(tmp_path)
    await till.cut_off('await pay(1)\nawait pay(2)')
    await till.run('await pay(1)')
    assert "  pay(bill=1) -> 'paid 1'\nUse what they returned" in till.told
    assert till.paid == [1, 2, 1]


async def test_a_call_that_was_given_again_is_told_once(tmp_path: Path) -> None:
    till = Till(tmp_path)
    await till.cut_off('await pay(1)\nawait pay(2)')
    await till.cut_off('await pay(1)\nawait pay(7)\nawait pay(2)', on_unknown_call='retry')
    await till.run('await pay(1)')
    assert till.told.count('pay(bill=1)') == 1
    assert till.paid == [1, 2, 7, 2]


async def test_a_failed_cell_of_the_history_is_still_corrected(tmp_path: Path) -> None:
    till = Till(tmp_path)
    failed = (await till.run('await pay(1)\n1 / 0')).all_messages()
    await till.run('await pay(3)', message_history=failed)  # whose messages are lost
    await till.run('await pay(1)', message_history=failed)
    assert till.paid == [1, 3]


async def test_a_run_that_goes_on_and_dies_later_is_told_when_it_goes_on_again(tmp_path: Path) -> None:
    till = Till(tmp_path, asks_from=500)
    waiting = await till.run('await pay(500)')
    cells = ['await pay(500)', 'await pay(1)\nawait pay(2)']
    how: dict[str, Any] = {
        'prompt': None,
        'message_history': waiting.all_messages(),
        'deferred_tool_results': decide(waiting.output, True),
    }
    await till.cut_off(*cells, **how)
    again = await till.run(*cells, **how)
    [cell] = [cell for cell in played_cells(again.all_messages()) if cell.code == cells[0]]
    assert "  pay(bill=1) -> 'paid 1'" in str(cell.content['notes'])
    [call] = waiting_calls(again.output)
    assert (call.args, call.reason) == ({'bill': 2}, 'unknown')
    assert till.paid == [500, 1, 2]


@pytest.mark.parametrize(
    'cells',
    [
        ['await pay(1)\nawait pay(3)\nawait pay(2)'],
        ['await pay(3)\nawait pay(1)\nawait pay(2)'],
        ['await balance()', 'await pay(3)', 'await pay(1)', 'await pay(2)'],
        ['1 / 0', 'import asyncio\nawait asyncio.gather(pay(2), pay(1), pay(3))'],
        ['await pay(7)\nawait pay(1)\n1 / 0', 'await pay(3)\nawait pay(2)'],
    ],
    ids=['without looking first', 'in another order', 'cell by cell', 'at once', 'beside others'],
)
async def test_what_a_cell_did_that_was_cut_off_is_not_done_again_wherever_it_comes(
    cells: list[str], tmp_path: Path
) -> None:
    till = Till(tmp_path)
    await till.cut_off('await balance()\nawait pay(1)\nawait pay(3)\nawait pay(2)')
    result = await till.run(*cells)
    [call] = waiting_calls(result.output)
    assert call.reason == 'unknown'
    assert [bill for bill in till.paid if bill != 7] == [1, 3, 2]


async def test_each_call_of_a_cell_that_was_cut_off_stands_for_one(tmp_path: Path) -> None:
    till = Till(tmp_path)
    await till.cut_off('await pay(1)\nawait pay(2)')
    done = await till.run('await pay(1)', '[await pay(1), await pay(1)]')
    assert played_cells(done.all_messages())[-1].content == {'result': ['paid 1', 'paid 1']}
    assert till.paid == [1, 2, 1, 1]


async def test_it_holds_too_after_a_wait_in_the_same_turn(tmp_path: Path) -> None:
    till = Till(tmp_path)
    await till.cut_off('await pay(1)\nawait pay(2)')
    waiting = await till.run('await pay(2)')
    told = till.told
    done = await till.run(
        'await pay(2)',
        'x = await pay(1)\nx',
        message_history=waiting.all_messages(),
        prompt=None,
        deferred_tool_results=decide(waiting.output, True),
    )
    assert till.told == told
    assert played_cells(done.all_messages())[-1].content['result'] == 'paid 1'
    assert till.paid == [1, 2, 2]


async def test_cells_that_the_history_has_are_not_told_again(tmp_path: Path) -> None:
    till = Till(tmp_path)
    done = await till.run('await pay(1)')
    await till.run('1 + 1', message_history=done.all_messages())
    assert till.told == ''


async def test_once_a_later_run_is_saved_it_is_over(tmp_path: Path) -> None:
    till = Till(tmp_path)
    await till.cut_off('await pay(2)')
    done = await till.run('1 + 1')
    assert UNSEEN in till.told
    later = await till.run('await pay(2)', message_history=done.all_messages())
    assert till.told == ''
    assert played_cells(later.all_messages())[-1].content == {'result': 'paid 2'}


async def test_what_only_read_is_not_worth_a_word(tmp_path: Path) -> None:
    till = Till(tmp_path)
    await till.run('await balance()')
    await till.run('1 + 1')
    assert till.told == ''


async def test_the_cells_of_a_run_that_goes_on_beside_are_its_own(tmp_path: Path) -> None:
    till = Till(tmp_path)
    beside = asyncio.create_task(till.run('await pay(2)', stops_in=2))
    await till.reached.wait()
    await till.run('await pay(1)')
    assert till.told == ''
    beside.cancel()
    with suppress(asyncio.CancelledError):
        await beside


async def test_another_conversation_is_not_told(tmp_path: Path) -> None:
    till = Till(tmp_path)
    await till.cut_off('await pay(2)')
    agent = Agent(capabilities=[CodeMode(store=SqlStore(f'sqlite:///{tmp_path}/till.db'))])
    result = await agent.run('go', model=scripted_model('1 + 1'), conversation_id='B')
    request = result.all_messages()[0]
    assert isinstance(request, ModelRequest)
    assert not request.instructions
