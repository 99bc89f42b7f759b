"""`docs/operating/what-happens.md` on what changed between two runs, answer by answer."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic_ai.messages import CompactionPart, ModelRequest, UserPromptPart
from support.till import Till, Tools, as_stored, last

from pydantic_ai_grail import Approve, Deny
from pydantic_ai_grail.errors import DecisionUsed, JournalMismatch, SnapshotVersionMismatch, StoreConflict

pytestmark = pytest.mark.anyio


async def test_when_the_tool_changed_its_signature_meanwhile(tmp_path: Path) -> None:
    till = Till(tmp_path)
    waiting = await till.waits('try:\n    x = await pay(20)\nexcept ValueError as error:\n    x = str(error)\nx')
    done = await till.goes_on(waiting, tools='pay in a currency')
    assert last(done) == {'result': 'pay() was given wrong arguments:\n- currency: Field required'}
    assert till.paid == []


async def test_whoever_decides_may_give_the_arguments_that_the_tool_takes_now(tmp_path: Path) -> None:
    till = Till(tmp_path)
    waiting = await till.waits('await pay(20)')
    done = await till.goes_on(waiting, Approve(override_args={'bill': 20, 'currency': '€'}), tools='pay in a currency')
    assert last(done) == {
        'result': 'paid 20 €',
        'notes': ["A person approved with changes: `pay(bill=20)` was made as `pay(bill=20, currency='€')`."],
    }


async def test_when_the_tool_is_gone_meanwhile(tmp_path: Path) -> None:
    till = Till(tmp_path)
    waiting = await till.waits('try:\n    x = await pay(20)\nexcept NameError as error:\n    x = str(error)\nx')
    assert last(await till.goes_on(waiting, tools='none')) == {'result': "the tool 'pay' is gone"}


@pytest.mark.parametrize('tools', ['none', 'pay an invoice'])
async def test_when_an_interrupted_cell_makes_other_calls_when_it_is_replayed(tools: Tools, tmp_path: Path) -> None:
    till = Till(tmp_path)
    waiting = await till.waits('first = await pay(1)\nsecond = await pay(20)\n[first, second]')
    await till.put_journal(
        waiting, (await till.journal(waiting))[:3]
    )  # as if its process had died after the first call
    done = await till.agent(tools=tools).run(message_history=as_stored(waiting.all_messages()))
    assert "Calls that were made and are not undone:\n  pay(bill=1) -> 'paid 1'" in last(done)
    assert till.paid == [1]


async def test_when_monty_was_upgraded_meanwhile_with_a_state_in_the_store(tmp_path: Path) -> None:
    till = Till(tmp_path)
    first = await till.agent('x = 1\n1 / 0').run('go', conversation_id='A')
    [cell] = [part for message in first.all_messages() for part in message.parts if part.part_kind == 'tool-call']
    await till.state_as_of_monty('1.3.0', code='x = 1\n1 / 0', cell_id=cell.tool_call_id)
    with pytest.raises(SnapshotVersionMismatch, match=r'was written by Monty 1\.3\.0; this is Monty'):
        await till.agent('2 + 2', on_lost_state='error').run('on', message_history=first.all_messages())
    second = await till.agent('2 + 2', on_lost_state='restart').run('on', message_history=first.all_messages())
    assert last(second) == {
        'result': 4,
        'notes': [
            'All variables and functions of earlier cells are gone (another version of the sandbox stored them). '
            'Define again what you still need.'
        ],
    }


async def test_when_monty_was_upgraded_meanwhile_while_a_cell_waits(tmp_path: Path) -> None:
    till = Till(tmp_path)
    waiting = await till.waits('first = await pay(1)\nsecond = await pay(20)\n[first, second]')
    written = await till.journal(waiting)
    await till.put_journal(waiting, till.as_if_another_monty_had_written(written))
    with pytest.raises(
        SnapshotVersionMismatch, match=r'This version of Monty cannot read the state: .*dump format version'
    ):
        await till.goes_on(waiting)
    assert till.paid == [1]
    await till.put_journal(waiting, [*written, *(await till.journal(waiting))[len(written) :]])
    assert last(await till.goes_on(waiting)) == {'result': ['paid 1', 'paid 20']}
    assert till.paid == [1, 20]


async def test_when_limits_changed_meanwhile(tmp_path: Path) -> None:
    till = Till(tmp_path)
    waiting = await till.waits('first = await pay(20)\nsecond = await pay(1)\n[first, second]')
    done = await till.goes_on(waiting, max_tool_calls=1)
    assert 'this cell has made its 1 tool calls' in last(done)
    assert till.paid == [20]


async def test_when_two_approvals_race_at_the_same_time(tmp_path: Path) -> None:
    till = Till(tmp_path)
    waiting = await till.waits('await pay(20)')
    till.opened = asyncio.Event()
    first = asyncio.create_task(till.goes_on(waiting))
    await till.reached.wait()
    with pytest.raises(StoreConflict, match=r'is being run by process'):
        await till.goes_on(waiting)
    till.opened.set()
    assert last(await first) == {'result': 'paid 20'}
    assert till.paid == [20]


async def test_when_two_approvals_race_one_after_the_other(tmp_path: Path) -> None:
    till = Till(tmp_path)
    waiting = await till.waits('await pay(20)')
    first, again = await till.goes_on(waiting), await till.goes_on(waiting)
    assert last(first) == last(again) == {'result': 'paid 20'}
    with pytest.raises(DecisionUsed, match='was resumed with other decisions'):
        await till.goes_on(waiting, Deny('no'))
    assert till.paid == [20]


async def test_when_the_history_was_edited_before_the_cell(tmp_path: Path) -> None:
    till = Till(tmp_path)
    waiting = await till.waits('x = 10', 'x = 20', 'await pay(x)')
    history = waiting.all_messages()
    with pytest.raises(JournalMismatch, match='the history was edited'):
        await till.goes_on(waiting, history=[*history[:3], *history[5:]])  # without the cell that set x to 20
    assert till.paid == []


async def test_when_the_history_was_edited_in_the_cell(tmp_path: Path) -> None:
    till = Till(tmp_path)
    waiting = await till.waits('await pay(20)')
    history = waiting.all_messages()
    [part] = history[1].parts
    history[1] = replace(history[1], parts=[replace(part, args={'code': 'await pay(2_000)'})])  # pyright: ignore[reportArgumentType, reportCallIssue]  # of whatever kind the message is
    with pytest.raises(JournalMismatch, match='has no journal of it'):
        await till.goes_on(waiting, history=history)
    assert till.paid == []


async def test_when_the_history_was_edited_and_older_cells_are_gone_from_it(tmp_path: Path) -> None:
    till = Till(tmp_path)
    waiting = await till.waits('x = 20', 'y = [await pay(x), x]\ny')
    history = waiting.all_messages()
    compacted = [ModelRequest([CompactionPart('You have set x to 20.')]), history[-1]]
    assert last(await till.goes_on(waiting, history=compacted)) == {'result': ['paid 20', 20]}


async def test_an_application_that_compacts_histories_in_words_of_its_own_says_so(tmp_path: Path) -> None:
    till = Till(tmp_path)
    waiting = await till.waits('x = 20', 'y = [await pay(x), x]\ny')
    compacted = [ModelRequest([UserPromptPart('You have set x to 20.')]), waiting.all_messages()[-1]]
    with pytest.raises(JournalMismatch, match='began from another state'):
        await till.goes_on(waiting, history=compacted)
    done = await till.goes_on(waiting, history=compacted, compacts_history=True)
    assert last(done) == {'result': ['paid 20', 20]}
    assert till.paid == [20]
